//! The errors of the API. **\[doc\]**

/// The `code` of an error answer. [`as_str`](ErrorCode::as_str) is the word on the wire,
/// [`http_status`](ErrorCode::http_status) the status that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ErrorCode {
    /// Not JSON, not UTF-8, not an object, duplicate keys.
    #[error("bad_request")]
    BadRequest,
    /// No bearer token.
    #[error("not_authenticated")]
    NotAuthenticated,
    /// A bearer token that isn't valid.
    #[error("bad_authtoken")]
    BadAuthtoken,
    /// A token whose scope doesn't cover the request.
    #[error("not_permitted")]
    NotPermitted,
    /// No such route, no such object, or one of another account.
    #[error("not_found")]
    NotFound,
    /// Not available in the object's state.
    #[error("invalid_action")]
    InvalidAction,
    /// The same idempotency key with another body or operation.
    #[error("idempotency_key_already_used")]
    IdempotencyKeyAlreadyUsed,
    /// The body is an object and breaks a rule.
    #[error("validation_errors")]
    ValidationErrors,
    /// An id of another kind of object where one is required.
    #[error("unexpected_ref_type")]
    UnexpectedRefType,
    /// A documented operation that this build leaves out.
    #[error("not_implemented")]
    NotImplemented,
    /// A fault of ours.
    #[error("unexpected")]
    Unexpected,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [ErrorCode; 11] = [
        ErrorCode::BadRequest,
        ErrorCode::NotAuthenticated,
        ErrorCode::BadAuthtoken,
        ErrorCode::NotPermitted,
        ErrorCode::NotFound,
        ErrorCode::InvalidAction,
        ErrorCode::IdempotencyKeyAlreadyUsed,
        ErrorCode::ValidationErrors,
        ErrorCode::UnexpectedRefType,
        ErrorCode::NotImplemented,
        ErrorCode::Unexpected,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            ErrorCode::BadRequest => "bad_request",
            ErrorCode::NotAuthenticated => "not_authenticated",
            ErrorCode::BadAuthtoken => "bad_authtoken",
            ErrorCode::NotPermitted => "not_permitted",
            ErrorCode::NotFound => "not_found",
            ErrorCode::InvalidAction => "invalid_action",
            ErrorCode::IdempotencyKeyAlreadyUsed => "idempotency_key_already_used",
            ErrorCode::ValidationErrors => "validation_errors",
            ErrorCode::UnexpectedRefType => "unexpected_ref_type",
            ErrorCode::NotImplemented => "not_implemented",
            ErrorCode::Unexpected => "unexpected",
        }
    }

    /// The code of an error answer that is known by its status alone: the code that this status is for, else
    /// `bad_request` for a fault of the caller and `unexpected` for any other. **\[ours\]**
    pub const fn of_status(status: u16) -> ErrorCode {
        match status {
            401 => ErrorCode::NotAuthenticated,
            403 => ErrorCode::NotPermitted,
            404 => ErrorCode::NotFound,
            409 => ErrorCode::InvalidAction,
            422 => ErrorCode::ValidationErrors,
            501 => ErrorCode::NotImplemented,
            400 | 405 | 408 | 413 | 415 | 417 | 431 => ErrorCode::BadRequest,
            _ => ErrorCode::Unexpected,
        }
    }

    /// The HTTP status that carries it. `bad_request` also comes with 405, 413 and 415.
    pub const fn http_status(self) -> u16 {
        match self {
            ErrorCode::BadRequest => 400,
            ErrorCode::NotAuthenticated | ErrorCode::BadAuthtoken => 401,
            ErrorCode::NotPermitted => 403,
            ErrorCode::NotFound => 404,
            ErrorCode::InvalidAction | ErrorCode::IdempotencyKeyAlreadyUsed => 409,
            ErrorCode::ValidationErrors | ErrorCode::UnexpectedRefType => 422,
            ErrorCode::Unexpected => 500,
            ErrorCode::NotImplemented => 501,
        }
    }
}
