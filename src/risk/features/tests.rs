//! Features by hand.

use std::collections::BTreeSet;

use crate::config::names;

use super::*;

#[test]
fn every_feature_may_stand_in_the_playbook_and_what_can_be_acted_on_has_its_action() {
    let known: Vec<&str> = FEATURES.iter().map(|f| f.name).collect();
    assert_eq!(known, names::FEATURES);
    assert_eq!(known.iter().collect::<BTreeSet<_>>().len(), FEATURES.len());
    assert!(FEATURES.iter().all(|f| f.actionable != f.action.is_empty()));
    let own = BTreeMap::from([("inquiries_level".to_string(), "visit".to_string()), ("tenure".into(), "visit".into())]);
    let code = |name| action(by_name(name).unwrap(), &own);
    assert_eq!(
        [code("inquiries_level"), code("inquiries_trend"), code("tenure")],
        [Some("visit"), Some("promote_products"), None]
    );
}
