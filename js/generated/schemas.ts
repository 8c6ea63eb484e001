// Generated from the Rust core by `npm run describe`. Do not edit.

/** What `createAgentSchema` takes. */
export const createAgentInput = {
  "type": "object",
  "properties": {
    "details": {
      "type": "object",
      "properties": {
        "name": {
          "type": "string",
          "pattern": "^\\s*[^\\s\\x00-\\x1f\\x7f-\\x9f]([^\\x00-\\x1f\\x7f-\\x9f]{0,253}[^\\s\\x00-\\x1f\\x7f-\\x9f])?\\s*$"
        },
        "environment_id": {
          "type": "string",
          "pattern": "^[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}$"
        },
        "description": {
          "type": [
            "string",
            "null"
          ],
          "maxLength": 10000,
          "pattern": "^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]*$"
        },
        "id": {
          "type": [
            "string",
            "null"
          ],
          "pattern": "^[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}$"
        }
      },
      "required": [
        "name",
        "environment_id"
      ]
    },
    "idempotency_key": {
      "type": [
        "string",
        "null"
      ],
      "minLength": 1,
      "maxLength": 128,
      "pattern": "^[ -~]*$"
    }
  },
  "required": [
    "details"
  ]
};

/** What `createAgentSchema` gives. */
export const createAgentOutput = {
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "details": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "name": {
          "type": "string",
          "minLength": 1,
          "maxLength": 255
        },
        "environment_id": {
          "type": "string",
          "pattern": "^[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}$"
        },
        "description": {
          "type": [
            "string",
            "null"
          ],
          "maxLength": 10000,
          "pattern": "^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]*$"
        },
        "id": {
          "type": "string",
          "pattern": "^[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}$"
        }
      },
      "required": [
        "name",
        "environment_id"
      ]
    },
    "idempotency_key": {
      "type": "string",
      "minLength": 1,
      "maxLength": 128,
      "pattern": "^[ -~]*$"
    }
  },
  "required": [
    "details"
  ]
};

/** What `updateAgentSchema` takes. */
export const updateAgentInput = {
  "type": "object",
  "properties": {
    "details": {
      "type": "object",
      "properties": {
        "name": {
          "type": "string",
          "pattern": "^\\s*[^\\s\\x00-\\x1f\\x7f-\\x9f]([^\\x00-\\x1f\\x7f-\\x9f]{0,253}[^\\s\\x00-\\x1f\\x7f-\\x9f])?\\s*$"
        },
        "description": {
          "type": [
            "string",
            "null"
          ],
          "maxLength": 10000,
          "pattern": "^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]*$"
        },
        "current_version_id": {
          "type": [
            "string",
            "null"
          ],
          "pattern": "^[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}$"
        }
      }
    },
    "idempotency_key": {
      "type": [
        "string",
        "null"
      ],
      "minLength": 1,
      "maxLength": 128,
      "pattern": "^[ -~]*$"
    }
  },
  "required": [
    "details"
  ]
};

/** What `updateAgentSchema` gives. */
export const updateAgentOutput = {
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "details": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "name": {
          "type": "string",
          "pattern": "^\\s*[^\\s\\x00-\\x1f\\x7f-\\x9f]([^\\x00-\\x1f\\x7f-\\x9f]{0,253}[^\\s\\x00-\\x1f\\x7f-\\x9f])?\\s*$"
        },
        "description": {
          "type": [
            "string",
            "null"
          ],
          "maxLength": 10000,
          "pattern": "^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]*$"
        },
        "current_version_id": {
          "type": [
            "string",
            "null"
          ],
          "pattern": "^[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}$"
        }
      }
    },
    "idempotency_key": {
      "type": "string",
      "minLength": 1,
      "maxLength": 128,
      "pattern": "^[ -~]*$"
    }
  },
  "required": [
    "details"
  ]
};
