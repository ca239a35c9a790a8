//! What is asked of every page of the product in a real browser: accessible, as wide as the window, light, and from here alone.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::webdriver::Browser;

/// As published on npm; see the folder's README.
const AXE: &str = include_str!("../vendor/axe-core/axe.min.js");
/// WCAG 2.2 AA and everything below it. The size of targets is off in axe-core unless it is asked for.
const RUN: &str = "return axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    rules: { 'target-size': { enabled: true } },
}).then((all) => all.violations.map((one) => one.id + ': ' + one.help + ' ' + one.nodes.map((n) => n.html + ' ' + n.failureSummary).join(' | ')));";
/// What a page may weigh over the wire with all that it loads, in bytes.
pub const MOST_BYTES: u64 = 150_000;
/// Bytes over the wire as if nothing of it were known yet: what lies in the browser's cache counts too, as do headers.
const WEIGHT: &str =
    "return performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
    .reduce((sum, one) => sum + one.encodedBodySize + 500, 0)";
const ELSEWHERE: &str = "return performance.getEntriesByType('resource').map((one) => one.name)
    .filter((name) => !name.startsWith(location.origin))";
const INLINE: &str = "return Array.from(document.querySelectorAll('style, [style], script:not([src])')).map((one) => one.outerHTML)";
const POLICY: &str =
    "return fetch(location.href).then((answer) => answer.headers.get('content-security-policy'))";
/// What the policy of every page holds.
const STRICT: [&str; 4] =
    ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"];

impl Browser {
    /// Has axe-core look at the page, which must also fit the window's width.
    ///
    /// # Errors
    /// With what is wrong.
    pub async fn is_accessible(&self, what: &str) -> Result<()> {
        self.script(&format!("{AXE};"), &[]).await?;
        let found = self.words(RUN).await?;
        ensure!(found.is_empty(), "{what}:\n{}", found.join("\n"));
        let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        let wide = self.script(wide, &[]).await?;
        ensure!(wide.as_i64() == Some(0), "{what} is wider than the window by {wide} pixels");
        Ok(())
    }

    /// The page is light, loads nothing from elsewhere, and allows nothing inline.
    ///
    /// # Errors
    /// With what is wrong.
    pub async fn is_light_and_strict(&self, what: &str) -> Result<()> {
        let weight = self.script(WEIGHT, &[]).await?;
        let light = weight.as_u64().is_some_and(|bytes| bytes < MOST_BYTES);
        ensure!(light, "{what} weighs {weight} bytes");
        let elsewhere = self.words(ELSEWHERE).await?;
        ensure!(elsewhere.is_empty(), "{what} loads {elsewhere:?}");
        let inline = self.words(INLINE).await?;
        ensure!(inline.is_empty(), "{what} holds {inline:?}");
        let policy = self.script(POLICY, &[]).await?;
        let policy = policy.as_str().unwrap_or_default();
        ensure!(STRICT.iter().all(|part| policy.contains(part)), "{what} has the policy “{policy}”");
        ensure!(!policy.contains("unsafe"), "{what} has the policy “{policy}”");
        Ok(())
    }

    async fn words(&self, script: &str) -> Result<Vec<String>> {
        let found = self.script(script, &[]).await?;
        Ok(found.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
    }
}
