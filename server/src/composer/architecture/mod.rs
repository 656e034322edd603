//! x
mod diagram;
