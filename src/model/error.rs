//! The errors of the API. **\[doc\]**

use crate::words::words;

words! {
    /// The `code` of an error answer. [`http_status`](ErrorCode::http_status) is its status.
    ///
    /// ```
    /// use agent_registrar::ErrorCode;
    ///
    /// assert_eq!(ErrorCode::ValidationErrors.as_str(), "validation_errors");
    /// assert_eq!(ErrorCode::ValidationErrors.http_status(), 422);
    /// ```
    pub enum ErrorCode {
        /// Not JSON, not UTF-8, not an object, duplicate keys.
        BadRequest = "bad_request",
        /// No bearer token.
        NotAuthenticated = "not_authenticated",
        /// A bearer token that isn't valid.
        BadAuthtoken = "bad_authtoken",
        /// A token whose scope doesn't cover the request.
        NotPermitted = "not_permitted",
        /// No such route, no such object, or one of another account.
        NotFound = "not_found",
        /// Not available in the object's state.
        InvalidAction = "invalid_action",
        /// A configured limit is reached. **\[ours\]**
        InsufficientStorage = "insufficient_storage",
        /// The same idempotency key with another body or operation.
        IdempotencyKeyAlreadyUsed = "idempotency_key_already_used",
        /// The body is an object and breaks a rule.
        ValidationErrors = "validation_errors",
        /// An id of another kind of object where one is required.
        UnexpectedRefType = "unexpected_ref_type",
        /// An operation that upstream documents or a published client calls, and that this build leaves out. The message
        /// names it. **\[ours\]**, the status.
        NotImplemented = "not_implemented",
        /// An internal error.
        Unexpected = "unexpected",
    }
}

impl ErrorCode {
    /// The code of an error answer of which only the status is known. Statuses with which servers refuse a malformed
    /// request are `bad_request`, all unknown ones `unexpected`. **\[ours\]**
    pub fn of_status(status: u16) -> ErrorCode {
        match status {
            401 => ErrorCode::NotAuthenticated,
            403 => ErrorCode::NotPermitted,
            404 => ErrorCode::NotFound,
            409 => ErrorCode::InvalidAction,
            422 => ErrorCode::ValidationErrors,
            400 | 405 | 408 | 413 | 415 | 417 | 431 => ErrorCode::BadRequest,
            _ => ErrorCode::Unexpected,
        }
    }

    /// The HTTP status of the code. `bad_request` also comes with 405, 413 and 415.
    pub fn http_status(self) -> u16 {
        match self {
            ErrorCode::BadRequest => 400,
            ErrorCode::NotAuthenticated | ErrorCode::BadAuthtoken => 401,
            ErrorCode::NotPermitted => 403,
            // [ours]: published clients send a request again after every status from 500 on, and hide its message.
            ErrorCode::NotFound | ErrorCode::NotImplemented => 404,
            ErrorCode::InvalidAction
            | ErrorCode::InsufficientStorage
            | ErrorCode::IdempotencyKeyAlreadyUsed => 409,
            ErrorCode::ValidationErrors | ErrorCode::UnexpectedRefType => 422,
            ErrorCode::Unexpected => 500,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_of_a_code_maps_to_a_code_with_this_status() {
        for code in ErrorCode::ALL {
            let status = code.http_status();
            assert_eq!(ErrorCode::of_status(status).http_status(), status, "{code}");
        }
        for status in [405, 408, 413, 415, 417, 431] {
            assert_eq!(ErrorCode::of_status(status), ErrorCode::BadRequest);
        }
        for status in [0, 200, 418, 429, 501, 502, 503, 504, 599, u16::MAX] {
            assert_eq!(ErrorCode::of_status(status), ErrorCode::Unexpected);
        }
    }
}
