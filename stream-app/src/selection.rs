//! Which of the compiled-in models is meant.

use crate::exit::Failure;
use model_runtime::Model;

/// How alike a name must be to one that exists to be taken for a slip of the pen (Jaro-Winkler, 0 to 1).
const SIMILARITY_MIN: f64 = 0.6;

/// The models of this program.
pub type Models = &'static [&'static dyn Model];

/// The model of this name; without a name, the one that goes by `preferred`, or the only one.
pub fn select(
    models: Models,
    name: Option<&str>,
    preferred: Option<&str>,
) -> Result<&'static dyn Model, Failure> {
    if models.is_empty() {
        return Err(Failure::failed(
            "no model is compiled in; put an exported model into models/ and build again",
        ));
    }
    let named = |wanted: &str| models.iter().copied().find(|model| model.metadata().name == wanted);
    match (name, models) {
        (Some(name), _) => named(name).ok_or_else(|| Failure::usage(unknown(models, name))),
        (None, [only]) => Ok(*only),
        (None, _) => preferred.and_then(named).ok_or_else(|| {
            Failure::usage(format!(
                "several models are compiled in; choose one with --model: {}",
                list(models)
            ))
        }),
    }
}

fn unknown(models: Models, name: &str) -> String {
    let nearest = models
        .iter()
        .map(|model| model.metadata().name)
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    let hint = nearest.map_or_else(String::new, |(_, nearest)| format!(" Did you mean `{nearest}`?"));
    format!("there is no model `{name}`.{hint} Compiled in: {}", list(models))
}

fn list(models: Models) -> String {
    models.iter().map(|model| model.metadata().name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_model::{BINOMIAL, MULTINOMIAL, NUMBER};

    static ONE: &[&dyn Model] = &[&NUMBER];
    static SEVERAL: &[&dyn Model] = &[&NUMBER, &BINOMIAL, &MULTINOMIAL];

    fn selected(models: Models, name: Option<&str>, preferred: Option<&str>) -> Result<&'static str, String> {
        let selected = select(models, name, preferred);
        selected.map(|model| model.metadata().name).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_name_may_be_left_out_while_there_is_one_model_or_a_preferred_one() {
        assert_eq!(selected(ONE, None, None).unwrap(), "number");
        assert_eq!(selected(ONE, None, Some("binomial")).unwrap(), "number");
        assert_eq!(selected(SEVERAL, None, Some("binomial")).unwrap(), "binomial");
        assert_eq!(selected(SEVERAL, Some("number"), Some("binomial")).unwrap(), "number");
        let asked = selected(SEVERAL, None, Some("absent")).unwrap_err();
        assert!(asked.contains("--model") && asked.contains("number, binomial, multinomial"), "{asked}");
    }

    #[test]
    fn an_unknown_name_suggests_the_nearest_and_lists_what_there_is() {
        let near = selected(SEVERAL, Some("binomal"), None).unwrap_err();
        assert_eq!(
            near,
            "there is no model `binomal`. Did you mean `binomial`? Compiled in: number, binomial, multinomial"
        );
        let far = selected(SEVERAL, Some("xyz"), None).unwrap_err();
        assert_eq!(far, "there is no model `xyz`. Compiled in: number, binomial, multinomial");
    }

    #[test]
    fn without_models_it_says_how_to_get_one() {
        let none = selected(&[], Some("number"), None).unwrap_err();
        assert!(none.contains("no model is compiled in; put an exported model into models/"), "{none}");
    }
}
