//! stub
use crate::package::{MarkerEnvironment, Specifiers};
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Misfit {
    Python,
    Abi,
    Platform,
}
#[derive(Clone, Debug)]
pub struct TagSet;
impl TagSet {
    pub fn rank(&self, _: &str) -> Result<u32, Misfit> {
        Ok(0)
    }
}
#[derive(Clone, Debug)]
pub struct Target(MarkerEnvironment, TagSet);
impl Target {
    pub fn environment(&self) -> &MarkerEnvironment {
        &self.0
    }
    pub fn tags(&self) -> &TagSet {
        &self.1
    }
    pub fn admits_python(&self, _: &Specifiers) -> bool {
        true
    }
    pub fn describe(&self) -> String {
        String::new()
    }
    pub fn describe_served(&self, _: &[&str]) -> Option<String> {
        None
    }
}
