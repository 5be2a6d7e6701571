//! Made-up names from word lists: no firm, person or number here exists.

use super::chance::Chance;
use super::segments::SegmentSpec;

const BRAND_A: [&str; 24] = [
    "云", "雾", "砚", "栗", "橘", "苔", "鹭", "萤", "竹", "雪", "陶", "桐", "榆", "芦", "溪", "岚", "松", "霜", "杏",
    "梧", "蓼", "鹀", "槿", "荻",
];
const BRAND_B: [&str; 22] = [
    "螺", "梭", "舟", "匠", "砂", "弦", "榫", "锚", "轮", "笺", "篷", "钉", "铆", "炉", "梯", "帆", "尺", "铃", "桨",
    "坊", "犁", "磬",
];
const BRAND_EN_A: [&str; 24] = [
    "Lantern",
    "Otter",
    "Quartz",
    "Juniper",
    "Heron",
    "Walnut",
    "Marmot",
    "Thistle",
    "Copperfinch",
    "Saltmarsh",
    "Plover",
    "Hazel",
    "Ember",
    "Tundra",
    "Cobble",
    "Kestrel",
    "Bramble",
    "Pewter",
    "Willow",
    "Gannet",
    "Alder",
    "Flint",
    "Sorrel",
    "Teal",
];
const BRAND_EN_B: [&str; 12] =
    ["Anvil", "Sprocket", "Gate", "Harbour", "Mill", "Bridge", "Loom", "Compass", "Ridge", "Hollow", "Kiln", "Wharf"];
const END_ZH: [&str; 5] = ["有限公司", "股份有限公司", "科技有限公司", "实业有限公司", "厂"];
const END_EN: [&str; 5] = ["Co., Ltd.", "Works", "Industries", "Trading Co.", "\"Makers\" Ltd."];

const FAMILY: [&str; 16] =
    ["赵", "钱", "孙", "李", "周", "吴", "郑", "王", "冯", "陈", "褚", "卫", "蒋", "沈", "韩", "杨"];
const GIVEN: [&str; 16] = [
    "示例", "样本", "小禾", "一舟", "青岩", "知远", "晚晴", "木易", "南溪", "若谷", "星野", "以宁", "子墨", "予安",
    "听澜", "怀瑾",
];
const FIRST: [&str; 12] =
    ["Ada", "Bram", "Cleo", "Dario", "Elif", "Femi", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Lars"];
const LAST: [&str; 10] = [
    "Sample",
    "Testman",
    "Example",
    "Placeholder",
    "Mockridge",
    "Specimen",
    "Demoy",
    "Draft",
    "Nobody",
    "Patterson-Sample",
];

/// A company's name in its segment's words; about a quarter are English, some with a comma or quotes.
pub fn company(chance: &mut Chance, segment: &SegmentSpec) -> String {
    if chance.hit(0.26) {
        let (a, b) = (chance.pick(&BRAND_EN_A), chance.pick(&BRAND_EN_B));
        format!("{a} {b} {} {}", segment.noun_en, chance.pick(&END_EN))
    } else {
        let (a, b) = (chance.pick(&BRAND_A), chance.pick(&BRAND_B));
        format!("{a}{b}{}{}", segment.noun_zh, chance.pick(&END_ZH))
    }
}

pub fn person(chance: &mut Chance) -> String {
    if chance.hit(0.2) {
        format!("{} {}", chance.pick(&FIRST), chance.pick(&LAST))
    } else {
        format!("{}{}", chance.pick(&FAMILY), chance.pick(&GIVEN))
    }
}

/// A number that no network gives out.
pub fn phone(chance: &mut Chance) -> String {
    format!("000-555-{:05}", chance.below(100_000))
}
