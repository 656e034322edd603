//! What a field may hold. Each check takes JSON and gives the value, or the reason that continues the field's name.

//#uses

/// A value, or why not: "must be a day".
pub type Checked<T> = Result<T, String>;

/// What stands in a field that was refused, until the whole body was read; see [`crate::body`].
pub trait Blank {
    /// Any value.
    fn blank() -> Self;
}
//#blanks

//#line_max
const LINE_MAX_CHARS: usize = 200;
//#long_text
const LONG_TEXT_MAX_CHARS: usize = 20_000;
//#texts
const TEXTS_MAX: usize = 50;
//#line

/// A line of text: a name, a title, a code.
pub fn line(value: &Value) -> Checked<String> {
    let text = value.as_str().filter(|text| fits(text, LINE_MAX_CHARS) && !text.contains('\n'));
    owned(text, "must be a line of text, 1 to 200 characters long")
}
//#long_text

/// Text of several lines.
pub fn long_text(value: &Value) -> Checked<String> {
    let text = value.as_str().filter(|text| fits(text, LONG_TEXT_MAX_CHARS));
    owned(text, "must be text, 1 to 20000 characters long")
}
//#email

/// A mail address, as far as its form tells: only a mail sent to it proves it.
pub fn email(value: &Value) -> Checked<String> {
    let is_address = |text: &str| {
        let Some((name, host)) = text.split_once('@') else { return false };
        let is_host = host.contains('.') && host.split('.').all(|part| !part.is_empty());
        !name.is_empty() && is_host && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == ',')
    };
    let text = value.as_str().filter(|text| fits(text, LINE_MAX_CHARS) && is_address(text));
    owned(text, "must be a mail address of at most 200 characters")
}
//#link

/// An address on the web.
pub fn link(value: &Value) -> Checked<String> {
    let is_link = |text: &str| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace))
    };
    let text = value.as_str().filter(|text| fits(text, LINE_MAX_CHARS) && is_link(text));
    owned(text, "must begin with http:// or https:// and have at most 200 characters")
}
//#texts

/// Several lines of text: pictures, files.
pub fn texts(value: &Value) -> Checked<Vec<String>> {
    let lines = value.as_array().filter(|items| items.len() <= TEXTS_MAX);
    let lines: Option<Checked<Vec<String>>> = lines.map(|items| items.iter().map(line).collect());
    lines.and_then(Result::ok).ok_or_else(|| "must be at most 50 texts, each 1 to 200 characters long".to_owned())
}
//#one_of

/// One of a few words.
pub fn one_of<W: Words>(value: &Value) -> Checked<W> {
    value.as_str().and_then(W::parse).ok_or_else(|| format!("must be one of {}", W::list()))
}
//#id

/// The key of another row.
pub fn id(value: &Value) -> Checked<Uuid> {
    value.as_str().and_then(|text| Uuid::try_parse(text).ok()).ok_or_else(|| "must be an id".to_owned())
}
//#integer

/// A whole number.
pub fn integer(value: &Value) -> Checked<i64> {
    value.as_i64().ok_or_else(|| "must be a whole number".to_owned())
}
//#decimal

/// A number.
pub fn decimal(value: &Value) -> Checked<f64> {
    value.as_f64().filter(|number| number.is_finite()).ok_or_else(|| "must be a number".to_owned())
}
//#money

/// Money in the smallest unit of its currency.
pub fn money(value: &Value) -> Checked<i64> {
    let amount = value.as_i64().filter(|amount| *amount >= 0);
    amount.ok_or_else(|| "must be a whole number of the currency's smallest unit, 0 or more".to_owned())
}
//#seconds

/// How long something takes, in seconds.
pub fn seconds(value: &Value) -> Checked<i64> {
    let seconds = value.as_i64().filter(|seconds| *seconds >= 0);
    seconds.ok_or_else(|| "must be a whole number of seconds, 0 or more".to_owned())
}
//#boolean

/// Yes or no.
pub fn boolean(value: &Value) -> Checked<bool> {
    value.as_bool().ok_or_else(|| "must be true or false".to_owned())
}
//#day

/// A day: `2031-05-04`.
pub fn day(value: &Value) -> Checked<Date> {
    let day = value.as_str().and_then(|text| Date::parse(text, format_description!("[year]-[month]-[day]")).ok());
    day.ok_or_else(|| "must be a day such as 2031-05-04".to_owned())
}
//#moment

/// A moment: `2031-05-04T09:30:00Z`.
pub fn moment(value: &Value) -> Checked<OffsetDateTime> {
    let moment = value.as_str().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    moment.ok_or_else(|| "must be a moment such as 2031-05-04T09:30:00Z".to_owned())
}
//#text

fn fits(text: &str, max_chars: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= max_chars && !text.contains('\0')
}

fn owned(text: Option<&str>, reason: &str) -> Checked<String> {
    text.map(str::to_owned).ok_or_else(|| reason.to_owned())
}
//#end
