import Ajv from "ajv";
import { fromAjv } from "./ajv-result.mjs";
import { options, schema } from "./ajv-schema.mjs";

export default fromAjv("ajv", new Ajv(options).compile(schema));
