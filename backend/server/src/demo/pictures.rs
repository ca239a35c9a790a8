//! The drawings of the demo catalogue, one per article.

macro_rules! pictures {
    ($($sku:literal)+) => {
        /// The SVG drawing of an article.
        pub fn of(sku: &str) -> Option<&'static str> {
            match sku {
                $($sku => Some(include_str!(concat!("../../demo/goods/", $sku, ".svg"))),)+
                _ => None,
            }
        }
    };
}

pictures! {
    "APL-001" "APL-002" "APL-003" "APL-004" "APL-005" "APL-006"
    "BBY-001" "BBY-002" "BBY-003" "BTY-001" "BTY-002" "BTY-003"
    "BTY-004" "BTY-005" "BTY-006" "CAR-001" "FOD-001" "FOD-002"
    "FOD-003" "FOD-004" "FOD-005" "MLK-001" "MLK-002" "MLK-003"
    "MLK-004" "NUT-001" "NUT-002" "ORL-001" "SUP-001" "SUP-002"
    "SUP-003" "WIN-001" "WIN-002" "WIN-003" "WIN-004"
}
