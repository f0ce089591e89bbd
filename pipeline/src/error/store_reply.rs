//! What a store sends with an error, cut to what helps.
//!
//! S3's reply to a bad signature repeats the access key and everything that was signed; both would
//! stand in the log of every run that was refused.

use std::borrow::Cow;

/// `text` with each XML error in it replaced by its code and message.
pub(super) fn shorten(text: &str) -> Cow<'_, str> {
    let Some((before, rest)) = split_at_reply(text) else { return Cow::Borrowed(text) };
    let (reply, after) = rest.split_once("</Error>").unwrap_or((rest, ""));
    let said: Vec<&str> = [element(reply, "Code"), element(reply, "Message")].into_iter().flatten().collect();
    let said = if said.is_empty() { "an error without a code".to_owned() } else { said.join(": ") };
    Cow::Owned(format!("{before}{said}{}", shorten(after)))
}

/// The text up to an XML error, and from there on.
fn split_at_reply(text: &str) -> Option<(&str, &str)> {
    let start = [text.find("<?xml"), text.find("<Error>")].into_iter().flatten().min()?;
    text.split_at_checked(start)
}

fn element<'a>(reply: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = reply.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(content, _)| content.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_and_the_message_are_left() {
        let text = "403 Forbidden: <?xml version=\"1.0\"?>\n<Error><Code>SignatureDoesNotMatch</Code>\
                    <Message>The signatures differ.</Message><AWSAccessKeyId>AKIAFAKE</AWSAccessKeyId>\
                    <StringToSign>AWS4-HMAC-SHA256 fake</StringToSign></Error> in 3 ms";
        assert_eq!(shorten(text), "403 Forbidden: SignatureDoesNotMatch: The signatures differ. in 3 ms");
    }

    #[test]
    fn a_reply_that_was_cut_off_or_says_nothing_is_left_out() {
        assert_eq!(shorten("no: <Error><AWSAccessKeyId>AKIAFAKE"), "no: an error without a code");
        assert_eq!(shorten("no: <Error><Code>A</Code><Message>half"), "no: A");
        assert_eq!(
            shorten("<Error></Error> and <Error><Code>B</Code></Error>"),
            "an error without a code and B"
        );
        assert_eq!(shorten("a < b"), "a < b");
    }
}
