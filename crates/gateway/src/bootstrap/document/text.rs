//! From text to YAML documents, and guesses at what a misspelt word was meant to be.

use serde::Deserialize;
use serde_yaml::Value;

use super::Faults;

/// The YAML documents in `text` (JSON is YAML too); empty ones are left out.
pub(crate) fn parse(file: &str, text: &str) -> Result<Vec<Value>, Faults> {
    let mut documents = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        match Value::deserialize(document) {
            Ok(Value::Null) => {}
            Ok(value) => documents.push(value),
            Err(error) => return Err(Faults::about_file(file, format!("cannot be read as YAML: {error}"))),
        }
    }
    Ok(documents)
}

/// The known word nearest to `word`, if it is near enough to be a slip.
fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= word.len().min(candidate.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// ` did you mean ...?` where one of `known` is near enough, else nothing.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|it| format!(" did you mean `{it}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn guesses_slips_only() {
        let known = ["domains", "name", "routes"];
        assert_eq!(nearest("domain", known), Some("domains"));
        assert_eq!(nearest("Ruotes", known), Some("routes"));
        assert_eq!(nearest("cors", known), None);
    }
}
