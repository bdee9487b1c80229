//! The text for a call without a command.

/// The first steps, for a user who ran the program without arguments.
pub(crate) const FIRST_STEPS: &str = "\
viewlink: no command was named. First steps:
  viewlink top views.viewlink     watch a store; if a host has it open: viewlink top http://127.0.0.1:8080
  viewlink stats views.viewlink   show its size
  viewlink link views.viewlink my-view checkout-v2 --create --create-view   create a store with a link
  viewlink help                   list all commands; `viewlink help COMMAND` has examples";
