//! Who may see what. The one place that decides it.
//!
//! | | company names | free text | contact, telephone, shop address |
//! |---|---|---|---|
//! | `ops` | – | – | – |
//! | `management` | yes | – | – |
//! | `sales` | yes | yes | – |
//! | `after_sales` | yes | yes | yes |

use crate::config::Audience;

use super::document::Document;

/// What a column gives away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Open,
    CompanyName,
    FreeText,
    Contact,
}

/// The class of a column, by its key.
pub fn class_of(key: &str) -> Class {
    match key {
        "name" => Class::CompanyName,
        "contact" | "contact_name" | "phone" | "shop_url" => Class::Contact,
        "evidence" | "objection" | "competitor" | "next_step" | "reason" => Class::FreeText,
        _ => Class::Open,
    }
}

/// Whether an audience sees a class.
pub fn shows(audience: Audience, class: Class) -> bool {
    match class {
        Class::Open => true,
        Class::CompanyName => audience != Audience::Ops,
        Class::FreeText => matches!(audience, Audience::Sales | Audience::AfterSales),
        Class::Contact => audience == Audience::AfterSales,
    }
}

/// Takes every column out that its audience must not see, values and all.
pub fn mask(document: &mut Document, audience: Audience) {
    for table in document.tables_mut() {
        table.retain_columns(|column| shows(audience, class_of(&column.key)));
    }
}
