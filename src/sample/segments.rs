//! The portal's segments: how many firms each has, how many of them pay, how loyal and how busy they are.

/// One industry of the portal.
pub struct SegmentSpec {
    pub name: &'static str,
    pub noun_zh: &'static str,
    pub noun_en: &'static str,
    /// Weight among the known companies.
    pub share: f64,
    /// Share of the known companies that ever become members.
    pub penetration: f64,
    /// Log-odds that the segment adds to a renewal.
    pub loyalty: f64,
    /// Factor on shop clicks.
    pub traffic: f64,
    /// Firms that exist for each that the portal knows.
    pub universe: f64,
}

const fn segment(
    name: &'static str,
    noun: (&'static str, &'static str),
    share: f64,
    penetration: f64,
    loyalty: f64,
    traffic: f64,
    universe: f64,
) -> SegmentSpec {
    SegmentSpec { name, noun_zh: noun.0, noun_en: noun.1, share, penetration, loyalty, traffic, universe }
}

pub const SEGMENTS: [SegmentSpec; 12] = [
    segment("机械设备", ("机械", "Machinery"), 0.21, 0.44, 0.2, 1.1, 1.6),
    segment("化工原料", ("化工", "Chemicals"), 0.15, 0.34, 0.0, 0.9, 2.1),
    segment("五金工具", ("五金", "Hardware"), 0.12, 0.42, 0.1, 1.0, 1.8),
    segment("电子元器件", ("电子", "Components"), 0.11, 0.48, -0.3, 1.35, 1.4),
    segment("包装材料", ("包装", "Packaging"), 0.09, 0.36, 0.1, 0.95, 2.4),
    segment("Textiles & Apparel", ("纺织", "Textiles"), 0.08, 0.26, -0.4, 0.9, 3.0),
    segment("Building Materials", ("建材", "Building Supplies"), 0.07, 0.2, 0.0, 0.8, 3.5),
    segment("Medical Devices", ("医疗器械", "Medical"), 0.05, 0.5, 0.4, 1.05, 1.3),
    segment("环保设备", ("环保", "Filtration"), 0.04, 0.58, 0.3, 1.0, 1.2),
    segment("Food Machinery", ("食品机械", "Food Machines"), 0.04, 0.12, -0.2, 0.75, 4.0),
    segment("Auto Parts", ("汽配", "Auto Parts"), 0.025, 0.62, 0.2, 1.2, 1.1),
    segment("Laser & Photonics", ("激光", "Photonics"), 0.015, 0.3, 0.0, 0.85, 2.0),
];

/// A segment that the market reports name and the portal has not entered.
pub const UNENTERED: &str = "Shipbuilding";
