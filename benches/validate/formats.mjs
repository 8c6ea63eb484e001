import * as r from "./rules.mjs";

/** The rules as ajv formats: functions, so that compiled and standalone call the helpers of the other peers. */
export const formats = {
  "well-formed": r.isWellFormed,
  "not-blank": (text) => r.trim(text).length > 0,
  "name-length": (text) => r.fitsName(r.trim(text)),
  "name-control": (text) => r.hasNoControl(r.trim(text)),
  "description-length": r.fitsDescription,
  "description-control": r.hasOnlyLayoutControl,
};
