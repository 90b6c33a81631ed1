//! The room against a server on loopback that misbehaves in every way we know of.

mod advisories;
mod asking;
mod building;
mod caching;
mod cloning;
mod flavours;
mod reading;
mod server;
mod solving;
mod walking;
mod world;
