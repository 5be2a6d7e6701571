//! The languages: one TOML file each, all with the same keys. Text for people lives there and nowhere else.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::config::Language;
use crate::domain::placeholders::filled;

/// Every language, its tag and its file.
pub const LANGUAGES: [(Language, &str, &str); 3] = [
    (Language::En, "en", include_str!("en.toml")),
    (Language::ZhHans, "zh-Hans", include_str!("zh_hans.toml")),
    (Language::ZhHant, "zh-Hant", include_str!("zh_hant.toml")),
];

/// The words of one language: dotted key -> text with `{placeholders}`.
pub struct Words {
    pub language: Language,
    /// BCP 47, for `lang="…"`.
    pub tag: &'static str,
    texts: BTreeMap<String, String>,
}

static ALL: LazyLock<Vec<Words>> = LazyLock::new(|| LANGUAGES.iter().map(Words::read).collect());

impl Words {
    /// The words of a language.
    pub fn of(language: Language) -> &'static Words {
        let at = LANGUAGES.iter().position(|(l, _, _)| *l == language).unwrap_or(0);
        &ALL[at]
    }

    fn read((language, tag, source): &(Language, &'static str, &str)) -> Words {
        let mut texts = BTreeMap::new();
        // A file that cannot be read has no keys, which the test on the key sets refuses.
        if let Ok(table) = source.parse::<toml::Table>() {
            flatten("", &table, &mut texts);
        }
        Words { language: *language, tag, texts }
    }

    /// The text of a key, if there is one.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// The text of a key; a key without a text is shown as `⟦⟧`, which the tests of the reports refuse.
    pub fn get(&self, key: &str) -> &str {
        self.find(key).unwrap_or("⟦⟧")
    }

    /// The text of a key with its `{placeholders}` filled in one pass, so that no value is read as a placeholder.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        filled(self.get(key), |name| Some(values.iter().find(|(n, _)| *n == name).map_or("⟦⟧", |(_, v)| *v)))
    }
}

fn flatten(prefix: &str, table: &toml::Table, texts: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&path, inner, texts),
            toml::Value::String(text) => {
                texts.insert(path, text.clone());
            }
            other => {
                texts.insert(path, other.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn holes(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| part.split('}').next()).collect()
    }

    #[test]
    fn all_languages_have_the_same_keys_and_placeholders() {
        let en = Words::of(Language::En);
        assert!(en.texts.len() > 200, "en.toml is not read");
        for (language, tag, source) in LANGUAGES {
            source.parse::<toml::Table>().unwrap_or_else(|e| panic!("{tag}: {e}"));
            let words = Words::of(language);
            assert_eq!(words.texts.keys().collect::<Vec<_>>(), en.texts.keys().collect::<Vec<_>>(), "{tag}");
            for (key, text) in &words.texts {
                assert_eq!(holes(text), holes(&en.texts[key]), "{tag}: {key}");
                assert!(!text.trim().is_empty() || key == "format.gap", "{tag}: {key} is empty");
            }
        }
    }

    #[test]
    fn every_language_file_is_in_the_list() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/lang");
        let files = std::fs::read_dir(folder).unwrap().flatten();
        let toml = files.filter(|f| f.path().extension().is_some_and(|e| e == "toml")).count();
        assert_eq!(toml, LANGUAGES.len());
    }

    #[test]
    fn a_value_is_never_read_as_a_placeholder() {
        let words = Words::of(Language::En);
        let text = words.fill("format.long_date", &[("d", "{m}"), ("m", "{y}"), ("y", "1")]);
        assert_eq!(text, "{m} {y} 1");
    }
}
