//! Import ids of several parts, and those in a wrong form.

use percent_encoding::percent_decode_str;

use crate::framework::{Diagnostic, Diagnostics};

/// The import id of these parts, separated by `/`. What would be read as something else is percent-encoded: the separator,
/// and what begins an encoded character. Other characters stay readable.
pub(in crate::vendors) fn join<const N: usize>(parts: [&str; N]) -> String {
    parts.map(|part| part.replace('%', "%25").replace('/', "%2F")).join("/")
}

/// The parts of an import id; the inverse of [`join`]. A `%` that encodes nothing stays as it is.
pub(in crate::vendors) fn split(id: &str) -> Vec<String> {
    let decoded = |part: &str| percent_decode_str(part).decode_utf8().map_or_else(|_| part.to_owned(), Into::into);
    id.split('/').map(decoded).collect()
}

/// The error of a wrong id of several parts.
pub(in crate::vendors) fn wrong_parts(type_name: &str, id: &str, forms: &str) -> Diagnostics {
    wrong(type_name, id, &format!("{forms}. A `/` within a part is written as `%2F`, and a `%` as `%25`"))
}

/// The error of a wrong id. `type_name` is without the provider's prefix; `forms` is the expected form with an example, as in
/// "`WEBHOOK_ID`, such as `wh_123`".
pub(in crate::vendors) fn wrong(type_name: &str, id: &str, forms: &str) -> Diagnostics {
    let given = if id.is_empty() { "An empty text".to_owned() } else { format!("`{id}`") };
    let detail = format!("{given} is not an import id of `idv_{type_name}`. It is {forms}.");
    Diagnostic::error("Wrong import id", detail).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_are_encoded_only_where_they_need_it() {
        for (parts, id) in [
            (["client-7", "whk_1"], "client-7/whk_1"),
            (["a/b", "whk_1"], "a%2Fb/whk_1"),
            (["100%", "a%2Fb"], "100%25/a%252Fb"),
            (["", "Zoë ~!:?#"], "/Zoë ~!:?#"),
        ] {
            assert_eq!(join(parts), id);
            assert_eq!(split(id), parts);
        }
    }

    #[test]
    fn a_percent_sign_that_encodes_nothing_stays() {
        for id in ["100%", "100%/", "50%zz", "%ff", "a%2"] {
            assert_eq!(split(id).join("/"), id);
        }
    }

    proptest! {
        #[test]
        fn splitting_is_the_inverse_of_joining(one in ".*", two in "[a-z/%0-9]*", three in ".*") {
            prop_assert_eq!(split(&join([&one, &two, &three])), [one, two, three]);
        }
    }
}
