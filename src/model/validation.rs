//! The rules of the create and update bodies, and what is said when one is broken.
//!
//! A rule looks at borrowed fields and answers with a set of [`Fault`]s: all of them at once, no allocation. How a
//! field arrived (as JSON bytes, as a JavaScript value, from Rust) is the business of whoever fills in the
//! [`Text`]s; the verdict is the same. Code, reason and message of every fault stand in one table here and nowhere
//! else.

use super::pfid::Pfid;

/// Longest name after trimming, in Unicode scalar values. **\[ours\]**
pub const NAME_LIMIT: usize = 255;
/// Longest description, in Unicode scalar values. **\[ours\]**
pub const DESCRIPTION_LIMIT: usize = 10_000;
/// Longest idempotency key, in characters of printable ASCII. **\[ours\]**
pub const IDEMPOTENCY_KEY_LIMIT: usize = 128;

/// The `message` of every `validation_errors` answer; what is wrong stands in its `errors`. **\[ours\]**
pub const VALIDATION_MESSAGE: &str = "The request breaks the rules of some of its fields.";

/// A field that should be a text, as it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// There is no such key.
    Absent,
    /// It is `null`.
    Null,
    /// It is this text.
    Is(&'a str),
    /// It is a PFID that was judged before and is one, of which these characters say the partition; none where nothing
    /// is held against it. Lets a caller hand in next to nothing of an id that comes again and again.
    Known(&'a str),
    /// It is something else: a number, a list, an object.
    WrongType,
    /// It is a string with a lone surrogate, which no UTF-8 can carry.
    NotWellFormed,
    /// Reading it failed: a getter that throws. Only JavaScript has such fields.
    Unreadable,
}

/// A field that should be an object, as it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// There is no such key.
    Absent,
    /// It is `null`.
    Null,
    /// It is an object, whose fields stand beside this.
    Present,
    /// It is something else.
    WrongType,
    /// Reading it failed.
    Unreadable,
}

/// The body of `POST /api/v1/agent`. **\[client\]**
#[derive(Clone, Copy, Debug)]
pub struct CreateAgentFields<'a> {
    /// `details`. Where it is no object, the fields in it are not looked at.
    pub details: Object,
    /// `details.name`: required; 1 to 255 characters after trimming Unicode white space; no control characters.
    pub name: Text<'a>,
    /// `details.environment_id`: a PFID; required unless there is a default.
    pub environment_id: Text<'a>,
    /// `details.description`: optional; at most 10,000 characters; no control characters but tab, line feed and
    /// carriage return.
    pub description: Text<'a>,
    /// `details.id`: optional; a PFID of the account's partition.
    pub id: Text<'a>,
    /// `idempotency_key`: optional; 1 to 128 characters of printable ASCII.
    pub idempotency_key: Text<'a>,
}

/// The body of `PUT /api/v1/agent/{id}`. **\[client\]**
#[derive(Clone, Copy, Debug)]
pub struct UpdateAgentFields<'a> {
    /// `details`. Where it is no object, the fields in it are not looked at.
    pub details: Object,
    /// `details.name`: absent keeps the name; `null` is a fault, since a name can't be cleared.
    pub name: Text<'a>,
    /// `details.description`: absent keeps it, `null` clears it.
    pub description: Text<'a>,
    /// `details.current_version_id`: a PFID; absent keeps it, `null` clears it.
    pub current_version_id: Text<'a>,
    /// `idempotency_key`: as in create.
    pub idempotency_key: Text<'a>,
}

/// The issue codes that upstream documents. **\[doc\]** (`unknown` is never produced.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueCode {
    /// A required field is missing.
    RequiredValue,
    /// A field breaks a rule.
    InvalidValue,
}

impl IssueCode {
    /// The word that callers see.
    pub const fn as_str(self) -> &'static str {
        match self {
            IssueCode::RequiredValue => "required_value",
            IssueCode::InvalidValue => "invalid_value",
        }
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident $word:literal,)*) => {
        /// Which rule a field breaks: finer than [`IssueCode`]. **\[ours\]**
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum IssueReason {
            $($(#[$doc])* $name,)*
        }

        impl IssueReason {
            /// Every reason.
            pub const ALL: &'static [IssueReason] = &[$(IssueReason::$name),*];

            /// The word that callers see.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(IssueReason::$name => $word,)*
                }
            }
        }
    };
}

reasons! {
    /// A required field is absent or `null`.
    Missing "missing",
    /// The value is of another type.
    WrongType "wrong_type",
    /// Reading the value failed.
    Unreadable "unreadable",
    /// The text has a lone surrogate.
    NotWellFormed "not_well_formed",
    /// The text is empty, or for a name nothing but white space.
    Blank "blank",
    /// The text has too many characters.
    TooLong "too_long",
    /// The text has a control character.
    ControlCharacter "control_character",
    /// The text has something other than printable ASCII.
    NotPrintableAscii "not_printable_ascii",
    /// The text is no PFID.
    NotAPfid "not_a_pfid",
    /// The PFID is not of the account's partition.
    ForeignPartition "foreign_partition",
}

/// One row of the table behind [`Fault`].
struct Row {
    path: &'static [&'static str],
    dotted: &'static str,
    reason: IssueReason,
    message: &'static str,
}

macro_rules! faults {
    ($($name:ident: $first:literal $(. $second:literal)? $reason:ident $message:literal,)*) => {
        /// One broken rule of one field. In the order of the contract's table, which is the order of reports.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Fault {
            $(#[doc = concat!("`", $first $(, ".", $second)?, "`: ", $message)] $name,)*
        }

        impl Fault {
            /// Every fault there is, in order.
            pub const ALL: &'static [Fault] = &[$(Fault::$name),*];
        }

        static TABLE: &[Row] = &[$(Row {
            path: &[$first $(, $second)?],
            dotted: concat!($first $(, ".", $second)?),
            reason: IssueReason::$reason,
            message: $message,
        },)*];
    };
}

faults! {
    DetailsMissing: "details" Missing "Details are required.",
    DetailsWrongType: "details" WrongType "Details must be an object.",
    DetailsUnreadable: "details" Unreadable "Details could not be read.",

    NameMissing: "details"."name" Missing "Name is required.",
    NameWrongType: "details"."name" WrongType "Name must be text.",
    NameUnreadable: "details"."name" Unreadable "Name could not be read.",
    NameNotWellFormed: "details"."name" NotWellFormed "Name must be well-formed Unicode.",
    NameBlank: "details"."name" Blank "Name must not be blank.",
    NameTooLong: "details"."name" TooLong "Name must have at most 255 characters.",
    NameControlCharacter: "details"."name" ControlCharacter "Name must not contain control characters.",

    EnvironmentIdMissing: "details"."environment_id" Missing "Environment ID is required.",
    EnvironmentIdWrongType: "details"."environment_id" WrongType "Environment ID must be text.",
    EnvironmentIdUnreadable: "details"."environment_id" Unreadable "Environment ID could not be read.",
    EnvironmentIdNotWellFormed: "details"."environment_id" NotWellFormed "Environment ID must be well-formed Unicode.",
    EnvironmentIdNotAPfid: "details"."environment_id" NotAPfid "Environment ID must be a PFID.",

    DescriptionWrongType: "details"."description" WrongType "Description must be text.",
    DescriptionUnreadable: "details"."description" Unreadable "Description could not be read.",
    DescriptionNotWellFormed: "details"."description" NotWellFormed "Description must be well-formed Unicode.",
    DescriptionTooLong: "details"."description" TooLong "Description must have at most 10,000 characters.",
    DescriptionControlCharacter: "details"."description" ControlCharacter "Description must not contain control characters other than tabs and line breaks.",

    IdWrongType: "details"."id" WrongType "ID must be text.",
    IdUnreadable: "details"."id" Unreadable "ID could not be read.",
    IdNotWellFormed: "details"."id" NotWellFormed "ID must be well-formed Unicode.",
    IdNotAPfid: "details"."id" NotAPfid "ID must be a PFID.",
    IdForeignPartition: "details"."id" ForeignPartition "ID must be in the account's partition.",

    CurrentVersionIdWrongType: "details"."current_version_id" WrongType "Current version ID must be text.",
    CurrentVersionIdUnreadable: "details"."current_version_id" Unreadable "Current version ID could not be read.",
    CurrentVersionIdNotWellFormed: "details"."current_version_id" NotWellFormed "Current version ID must be well-formed Unicode.",
    CurrentVersionIdNotAPfid: "details"."current_version_id" NotAPfid "Current version ID must be a PFID.",

    IdempotencyKeyWrongType: "idempotency_key" WrongType "Idempotency key must be text.",
    IdempotencyKeyUnreadable: "idempotency_key" Unreadable "Idempotency key could not be read.",
    IdempotencyKeyNotWellFormed: "idempotency_key" NotWellFormed "Idempotency key must be well-formed Unicode.",
    IdempotencyKeyBlank: "idempotency_key" Blank "Idempotency key must not be blank.",
    IdempotencyKeyTooLong: "idempotency_key" TooLong "Idempotency key must have at most 128 characters.",
    IdempotencyKeyNotPrintableAscii: "idempotency_key" NotPrintableAscii "Idempotency key must be printable ASCII.",
}

impl Fault {
    const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// Where the field is, from the body's root.
    pub const fn path(self) -> &'static [&'static str] {
        self.row().path
    }

    /// [`path`](Fault::path) with dots, as it stands in an error answer.
    pub const fn dotted(self) -> &'static str {
        self.row().dotted
    }

    /// What is wrong, as upstream words it.
    pub const fn code(self) -> IssueCode {
        match self.row().reason {
            IssueReason::Missing => IssueCode::RequiredValue,
            _ => IssueCode::InvalidValue,
        }
    }

    /// What is wrong, exactly.
    pub const fn reason(self) -> IssueReason {
        self.row().reason
    }

    /// A sentence for a person, in terms of the field. It repeats nothing of the input.
    pub const fn message(self) -> &'static str {
        self.row().message
    }
}

/// A set of [`Fault`]s. Bit n stands for `Fault::ALL[n]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults(u64);

const _: () = assert!(
    Fault::ALL.len() <= 52,
    "the bits travel to JavaScript in a float"
);

impl Faults {
    /// No fault: the verdict on a valid body.
    pub const NONE: Faults = Faults(0);

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set as bits.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether it has that one.
    pub const fn contains(self, fault: Fault) -> bool {
        self.0 & 1 << fault as u8 != 0
    }

    /// Puts one in.
    pub const fn insert(&mut self, fault: Fault) {
        self.0 |= 1 << fault as u8;
    }

    /// The faults in the order of the contract's table.
    pub fn iter(self) -> impl Iterator<Item = Fault> {
        Fault::ALL
            .iter()
            .copied()
            .filter(move |fault| self.contains(*fault))
    }
}

/// What a field's faults are called: the parts of the check that every text shares.
struct Names {
    wrong_type: Fault,
    unreadable: Fault,
    not_well_formed: Fault,
}

impl Faults {
    /// The text to look at, if there is one.
    fn text<'a>(&mut self, text: &Text<'a>, names: Names) -> Option<&'a str> {
        match *text {
            Text::Is(text) => return Some(text),
            Text::Absent | Text::Null | Text::Known(_) => {}
            Text::WrongType => self.insert(names.wrong_type),
            Text::Unreadable => self.insert(names.unreadable),
            Text::NotWellFormed => self.insert(names.not_well_formed),
        }
        None
    }

    fn details(&mut self, details: Object) -> bool {
        match details {
            Object::Present => return true,
            Object::Absent | Object::Null => self.insert(Fault::DetailsMissing),
            Object::WrongType => self.insert(Fault::DetailsWrongType),
            Object::Unreadable => self.insert(Fault::DetailsUnreadable),
        }
        false
    }

    fn name(&mut self, name: &Text<'_>) {
        let names = Names {
            wrong_type: Fault::NameWrongType,
            unreadable: Fault::NameUnreadable,
            not_well_formed: Fault::NameNotWellFormed,
        };
        let Some(text) = self.text(name, names) else {
            return;
        };
        let text = trim(text);
        if text.is_empty() {
            return self.insert(Fault::NameBlank);
        }
        let found = scan(text, NAME_LIMIT, Allowed::Printable);
        if found.too_long {
            self.insert(Fault::NameTooLong);
        }
        if found.refused {
            self.insert(Fault::NameControlCharacter);
        }
    }

    fn description(&mut self, description: &Text<'_>) {
        let names = Names {
            wrong_type: Fault::DescriptionWrongType,
            unreadable: Fault::DescriptionUnreadable,
            not_well_formed: Fault::DescriptionNotWellFormed,
        };
        let Some(text) = self.text(description, names) else {
            return;
        };
        let found = scan(text, DESCRIPTION_LIMIT, Allowed::Lines);
        if found.too_long {
            self.insert(Fault::DescriptionTooLong);
        }
        if found.refused {
            self.insert(Fault::DescriptionControlCharacter);
        }
    }

    /// The characters of an id that say its partition, if there is an id.
    fn pfid<'a>(&mut self, id: &Text<'a>, names: Names, not_a_pfid: Fault) -> Option<&'a [u8]> {
        if let Text::Known(partition) = id {
            return (!partition.is_empty()).then_some(partition.as_bytes());
        }
        let text = self.text(id, names)?;
        if !Pfid::is_valid(text.as_bytes()) {
            self.insert(not_a_pfid);
            return None;
        }
        Pfid::partition_of(text.as_bytes())
    }

    fn idempotency_key(&mut self, key: &Text<'_>) {
        let names = Names {
            wrong_type: Fault::IdempotencyKeyWrongType,
            unreadable: Fault::IdempotencyKeyUnreadable,
            not_well_formed: Fault::IdempotencyKeyNotWellFormed,
        };
        let Some(text) = self.text(key, names) else {
            return;
        };
        if text.is_empty() {
            return self.insert(Fault::IdempotencyKeyBlank);
        }
        let found = scan(text, IDEMPOTENCY_KEY_LIMIT, Allowed::PrintableAscii);
        if found.too_long {
            self.insert(Fault::IdempotencyKeyTooLong);
        }
        if found.refused {
            self.insert(Fault::IdempotencyKeyNotPrintableAscii);
        }
    }
}

/// The text without the Unicode white space (`White_Space`) at its ends: how a name is stored. **\[ours\]**
///
/// As `str::trim`, in half the code: all white space has one to three bytes, which are told by looking at them.
pub fn trim(text: &str) -> &str {
    let mut kept = text.as_bytes();
    while let length @ 1.. = white_space(kept) {
        kept = kept.get(length..).unwrap_or_default();
    }
    let from = text.len() - kept.len();
    let mut length = 1;
    // No white space ends with visible ASCII.
    while length <= 3 && length <= kept.len() && !matches!(kept, [.., b'!'..=b'~']) {
        let (before, end) = kept
            .split_at_checked(kept.len() - length)
            .unwrap_or_default();
        if white_space(end) == length {
            kept = before;
            length = 0;
        }
        length += 1;
    }
    text.get(from..from + kept.len()).unwrap_or_default()
}

/// Length of the white space character that these bytes begin with, or 0.
fn white_space(bytes: &[u8]) -> usize {
    match *bytes {
        [b'\t'..=b'\r' | b' ', ..] => 1,
        [0xc2, 0x85 | 0xa0, ..] => 2,
        [0xe1, 0x9a, 0x80, ..]
        | [0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf, ..]
        | [0xe2, 0x81, 0x9f, ..]
        | [0xe3, 0x80, 0x80, ..] => 3,
        _ => 0,
    }
}

struct Found {
    too_long: bool,
    refused: bool,
}

/// Which characters a text may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allowed {
    /// All but control characters (`Cc`).
    Printable,
    /// Those, tab, line feed and carriage return.
    Lines,
    /// Printable ASCII.
    PrintableAscii,
}

/// Looks at the first `limit` characters. What comes after them is not examined, so that a text of any length costs
/// the same. **\[ours\]**
///
/// It goes by bytes, which is half the code and time of decoding them: a character is a byte that continues none, and
/// the control characters beyond ASCII, U+0080 to U+009F, are 0xc2 and then 0x80 to 0x9f. Eight bytes at once where
/// nothing among them needs a closer look; after something that does, eight go one by one, for it seldom comes alone.
fn scan(text: &str, limit: usize, allowed: Allowed) -> Found {
    let (mut count, mut refused, mut previous) = (0, false, 0);
    let mut rest = text.as_bytes();
    let mut one_by_one = 0;
    loop {
        // Most texts are this.
        if let Some((eight, behind)) = rest.split_first_chunk()
            && printable(u64::from_le_bytes(*eight))
            && count + eight.len() <= limit
        {
            count += eight.len();
            previous = 0;
            rest = behind;
            continue;
        }
        if one_by_one == 0
            && previous != 0xc2
            && allowed != Allowed::PrintableAscii
            && let Some((eight, behind)) = rest.split_first_chunk()
        {
            let eight = u64::from_le_bytes(*eight);
            let ends = count + 8 - continuing(eight);
            if !suspicious(eight) && ends <= limit {
                count = ends;
                rest = behind;
                continue;
            }
        }
        one_by_one = if one_by_one == 0 { 7 } else { one_by_one - 1 };
        let Some((&byte, behind)) = rest.split_first() else {
            return Found {
                too_long: false,
                refused,
            };
        };
        // Without branches, which nothing could predict in texts of mixed scripts.
        let begins = byte & 0xc0 != 0x80;
        if begins & (count == limit) {
            return Found {
                too_long: true,
                refused,
            };
        }
        count += usize::from(begins);
        let line = matches!(byte, b'\t' | b'\n' | b'\r') & (allowed == Allowed::Lines);
        let ascii_control = (byte < 0x20) & !line | (byte == 0x7f);
        let beyond = (byte >= 0x80) & (allowed == Allowed::PrintableAscii);
        let control_beyond = (previous == 0xc2) & (byte < 0xa0);
        refused |= ascii_control | beyond | control_beyond;
        previous = byte;
        rest = behind;
    }
}

/// Whether all eight bytes are 0x20 to 0x7e: the others set the highest bit of their byte in one of the terms. (What a
/// byte borrows from or carries to its neighbour matters not, because that byte says no by itself.)
const fn printable(bytes: u64) -> bool {
    let others = bytes | bytes.wrapping_sub(eightfold(0x20)) | bytes.wrapping_add(eightfold(1));
    others & eightfold(0x80) == 0
}

/// The same byte eight times.
pub const fn eightfold(byte: u8) -> u64 {
    byte as u64 * (u64::MAX / 0xff)
}

/// How many of the eight bytes continue a character: their highest two bits are 1 and 0.
pub const fn continuing(bytes: u64) -> usize {
    (bytes & !(bytes << 1) & eightfold(0x80)).count_ones() as usize
}

/// Whether any of the eight bytes is an ASCII control character, or begins one beyond ASCII (0xc2). Each sum stays within
/// its byte, and says by the highest bit what it found.
const fn suspicious(bytes: u64) -> bool {
    let low = bytes & eightfold(0x7f);
    let below_space = !(low + eightfold(0x80 - 0x20));
    let delete = low + eightfold(1);
    let from_c2 = bytes ^ eightfold(0xc2);
    let beyond = !(((from_c2 & eightfold(0x7f)) + eightfold(0x7f)) | from_c2);
    ((below_space | delete) & !bytes | beyond) & eightfold(0x80) != 0
}

/// The verdict on a create body. `default_environment` is what an absent `environment_id` means, for a token of an
/// environment's scope. **\[ours\]**
///
/// The account's partition is taken to be that of the environment. **\[client\]**
pub fn create_agent(fields: &CreateAgentFields<'_>, default_environment: Option<Pfid>) -> Faults {
    let mut faults = Faults::NONE;
    if faults.details(fields.details) {
        if matches!(fields.name, Text::Absent | Text::Null) {
            faults.insert(Fault::NameMissing);
        }
        faults.name(&fields.name);

        let absent = matches!(fields.environment_id, Text::Absent | Text::Null);
        let default = default_environment.filter(|_| absent);
        if absent && default.is_none() {
            faults.insert(Fault::EnvironmentIdMissing);
        }
        let names = Names {
            wrong_type: Fault::EnvironmentIdWrongType,
            unreadable: Fault::EnvironmentIdUnreadable,
            not_well_formed: Fault::EnvironmentIdNotWellFormed,
        };
        let environment = faults.pfid(&fields.environment_id, names, Fault::EnvironmentIdNotAPfid);
        let default = default.map(Pfid::encode);

        faults.description(&fields.description);

        let names = Names {
            wrong_type: Fault::IdWrongType,
            unreadable: Fault::IdUnreadable,
            not_well_formed: Fault::IdNotWellFormed,
        };
        let id = faults.pfid(&fields.id, names, Fault::IdNotAPfid);
        let default = default.as_ref().and_then(|id| Pfid::partition_of(id));
        if let (Some(id), Some(environment)) = (id, environment.or(default))
            && id != environment
        {
            faults.insert(Fault::IdForeignPartition);
        }
    }
    faults.idempotency_key(&fields.idempotency_key);
    faults
}

/// The verdict on an update body.
pub fn update_agent(fields: &UpdateAgentFields<'_>) -> Faults {
    let mut faults = Faults::NONE;
    if faults.details(fields.details) {
        if fields.name == Text::Null {
            faults.insert(Fault::NameMissing);
        }
        faults.name(&fields.name);
        faults.description(&fields.description);
        let names = Names {
            wrong_type: Fault::CurrentVersionIdWrongType,
            unreadable: Fault::CurrentVersionIdUnreadable,
            not_well_formed: Fault::CurrentVersionIdNotWellFormed,
        };
        faults.pfid(
            &fields.current_version_id,
            names,
            Fault::CurrentVersionIdNotAPfid,
        );
    }
    faults.idempotency_key(&fields.idempotency_key);
    faults
}

/// The verdict on the `idempotency_key` of any other operation.
pub fn idempotency_key(key: Text<'_>) -> Faults {
    let mut faults = Faults::NONE;
    faults.idempotency_key(&key);
    faults
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
    const FOREIGN: &str = "013xrzp12g00000000y2vfkg4s3jp2qr";

    fn valid() -> CreateAgentFields<'static> {
        CreateAgentFields {
            details: Object::Present,
            name: Text::Is("Ada"),
            environment_id: Text::Is(ENVIRONMENT),
            description: Text::Absent,
            id: Text::Absent,
            idempotency_key: Text::Absent,
        }
    }

    fn faults(fields: CreateAgentFields<'_>) -> Vec<Fault> {
        create_agent(&fields, None).iter().collect()
    }

    fn name(name: &str) -> Vec<Fault> {
        faults(CreateAgentFields {
            name: Text::Is(name),
            ..valid()
        })
    }

    fn description(text: &str) -> Vec<Fault> {
        faults(CreateAgentFields {
            description: Text::Is(text),
            ..valid()
        })
    }

    fn key(text: &str) -> Vec<Fault> {
        idempotency_key(Text::Is(text)).iter().collect()
    }

    #[test]
    fn the_least_body_is_valid() {
        assert_eq!(faults(valid()), []);
    }

    #[test]
    fn every_fault_is_reported_at_once_in_the_order_of_the_table() {
        let all = CreateAgentFields {
            details: Object::Present,
            name: Text::Null,
            environment_id: Text::Is("nowhere"),
            description: Text::Is("\0"),
            id: Text::WrongType,
            idempotency_key: Text::Is(""),
        };
        assert_eq!(
            faults(all),
            [
                Fault::NameMissing,
                Fault::EnvironmentIdNotAPfid,
                Fault::DescriptionControlCharacter,
                Fault::IdWrongType,
                Fault::IdempotencyKeyBlank,
            ]
        );
    }

    #[test]
    fn without_details_nothing_within_is_looked_at() {
        for (details, fault) in [
            (Object::Absent, Fault::DetailsMissing),
            (Object::Null, Fault::DetailsMissing),
            (Object::WrongType, Fault::DetailsWrongType),
            (Object::Unreadable, Fault::DetailsUnreadable),
        ] {
            let fields = CreateAgentFields {
                details,
                name: Text::WrongType,
                idempotency_key: Text::Is("ü"),
                ..valid()
            };
            assert_eq!(
                faults(fields),
                [fault, Fault::IdempotencyKeyNotPrintableAscii]
            );
        }
    }

    #[test]
    fn a_name_counts_scalar_values_after_trimming() {
        for unit in ["a", "é", "€", "🦀"] {
            assert_eq!(name(&unit.repeat(255)), []);
            assert_eq!(name(&unit.repeat(256)), [Fault::NameTooLong]);
            let padded = format!("\u{85}\u{3000} {} \t\n", unit.repeat(255));
            assert_eq!(name(&padded), []);
        }
    }

    #[test]
    fn a_name_of_white_space_is_blank_and_other_controls_are_refused() {
        for blank in [
            "",
            " ",
            "\t\n\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2000}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}",
        ] {
            assert_eq!(name(blank), [Fault::NameBlank]);
        }
        for text in ["a\tb", "\0", "a\u{7f}", "a\u{9f}b", "a\u{85}b"] {
            assert_eq!(name(text), [Fault::NameControlCharacter], "{text:?}");
        }
        for text in ["\u{feff}", "\u{200b}", "\u{180e}", "\u{ad}"] {
            assert_eq!(name(text), [], "{text:?} is neither");
        }
    }

    #[test]
    fn trimming_knows_all_white_space() {
        for c in '\0'..=char::MAX {
            for text in [format!("{c}"), format!("{c}{c}a{c}a{c}")] {
                assert_eq!(trim(&text), text.trim(), "{c:?}");
            }
        }
    }

    #[test]
    fn a_text_beyond_its_limit_is_not_examined_further() {
        let long = "a".repeat(255) + "\0";
        assert_eq!(name(&long), [Fault::NameTooLong]);
        let both = "\0".to_owned() + &"a".repeat(255);
        assert_eq!(
            name(&both),
            [Fault::NameTooLong, Fault::NameControlCharacter]
        );
    }

    #[test]
    fn a_description_may_have_tabs_and_line_breaks() {
        assert_eq!(description("a\tb\r\nc"), []);
        assert_eq!(description(""), []);
        for c in (0..=0x9f)
            .filter_map(char::from_u32)
            .filter(|c| c.is_control())
        {
            let expected: &[Fault] = match c {
                '\t' | '\n' | '\r' => &[],
                _ => &[Fault::DescriptionControlCharacter],
            };
            assert_eq!(description(&c.to_string()), expected, "{c:?}");
        }
        assert_eq!(description(&"🦀".repeat(10_000)), []);
        assert_eq!(
            description(&"🦀".repeat(10_001)),
            [Fault::DescriptionTooLong]
        );
    }

    #[test]
    fn an_id_must_be_of_the_environments_partition() {
        let with = |id| {
            faults(CreateAgentFields {
                id: Text::Is(id),
                ..valid()
            })
        };
        assert_eq!(with(ENVIRONMENT), []);
        assert_eq!(with(FOREIGN), [Fault::IdForeignPartition]);
        assert_eq!(with("x"), [Fault::IdNotAPfid]);
    }

    #[test]
    fn a_default_stands_in_for_an_absent_environment_only() {
        let default = Pfid::parse(FOREIGN).ok();
        let with = |environment_id| {
            let fields = CreateAgentFields {
                environment_id,
                id: Text::Is(FOREIGN),
                ..valid()
            };
            create_agent(&fields, default).iter().collect::<Vec<_>>()
        };
        assert_eq!(with(Text::Absent), []);
        assert_eq!(with(Text::Null), []);
        assert_eq!(with(Text::Is(ENVIRONMENT)), [Fault::IdForeignPartition]);
        assert_eq!(with(Text::Is("")), [Fault::EnvironmentIdNotAPfid]);
        assert_eq!(with(Text::WrongType), [Fault::EnvironmentIdWrongType]);
    }

    #[test]
    fn a_key_is_printable_ascii() {
        assert_eq!(key(" ~"), []);
        assert_eq!(key(&"k".repeat(128)), []);
        assert_eq!(key(&"k".repeat(129)), [Fault::IdempotencyKeyTooLong]);
        assert_eq!(key(""), [Fault::IdempotencyKeyBlank]);
        for bad in ["\t", "\u{7f}", "é"] {
            assert_eq!(key(bad), [Fault::IdempotencyKeyNotPrintableAscii]);
        }
    }

    #[test]
    fn an_update_may_leave_everything_out_but_not_clear_the_name() {
        let nothing = UpdateAgentFields {
            details: Object::Present,
            name: Text::Absent,
            description: Text::Absent,
            current_version_id: Text::Absent,
            idempotency_key: Text::Absent,
        };
        assert_eq!(update_agent(&nothing), Faults::NONE);
        let cleared = UpdateAgentFields {
            name: Text::Null,
            description: Text::Null,
            current_version_id: Text::Null,
            ..nothing
        };
        assert_eq!(
            update_agent(&cleared).iter().collect::<Vec<_>>(),
            [Fault::NameMissing]
        );
        let wrong = UpdateAgentFields {
            current_version_id: Text::Is("v1"),
            ..nothing
        };
        assert_eq!(
            update_agent(&wrong).iter().collect::<Vec<_>>(),
            [Fault::CurrentVersionIdNotAPfid]
        );
    }

    #[test]
    fn the_table_is_consistent() {
        for fault in Fault::ALL {
            assert_eq!(fault.path().join("."), fault.dotted());
            assert!(fault.message().ends_with('.'));
            assert_eq!(
                fault.code() == IssueCode::RequiredValue,
                fault.reason() == IssueReason::Missing
            );
        }
        for reason in IssueReason::ALL {
            assert!(Fault::ALL.iter().any(|fault| fault.reason() == *reason));
        }
    }

    proptest! {
        #[test]
        fn scanning_says_what_going_by_characters_says(
            text in "[a-c \t\n\u{0}\u{1f}\u{7f}\u{80}\u{9f}\u{a0}\u{bf}\u{c2}é\u{7ff}Ж代🤖\u{10ffff}]{0,60}|[ -~é]{0,60}",
            limit in 0..60_usize,
        ) {
            for allowed in [Allowed::Printable, Allowed::Lines, Allowed::PrintableAscii] {
                let found = scan(&text, limit, allowed);
                prop_assert_eq!(found.too_long, text.chars().count() > limit);
                prop_assert_eq!(found.refused, text.chars().take(limit).any(|c| match allowed {
                    Allowed::Printable => c.is_control(),
                    Allowed::Lines => c.is_control() && !matches!(c, '\t' | '\n' | '\r'),
                    Allowed::PrintableAscii => !matches!(c, ' '..='~'),
                }));
            }
        }

        #[test]
        fn the_name_rule_says_what_the_contract_says(text in "[ \\t\u{85}\u{a0}a-c🦀\u{0}\u{feff}]{0,12}|\\PC{240,270}") {
            let trimmed = trim(&text);
            let count = trimmed.chars().count();
            let found = name(&text);
            prop_assert_eq!(found.contains(&Fault::NameBlank), count == 0);
            prop_assert_eq!(found.contains(&Fault::NameTooLong), count > 255);
            prop_assert_eq!(found.contains(&Fault::NameControlCharacter), trimmed.chars().take(255).any(char::is_control));
        }
    }
}
