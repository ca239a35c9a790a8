//! The pages, one file each, and their routes.

use crate::console::roles::Op;
use crate::console::routes::Routes;

mod door;
mod own;
mod people;
mod today;

/// Adds every page.
pub fn add(routes: Routes) -> Routes {
    let routes = routes
        .get(Op::SignIn, "/sign-in", door::show)
        .post(Op::SignIn, "/sign-in", door::sign_in)
        .get(Op::SecondFactor, "/sign-in/code", door::ask_code)
        .post(Op::SecondFactor, "/sign-in/code", door::take_code)
        .get(Op::FirstPassword, "/first-password", door::ask_password)
        .post(Op::FirstPassword, "/first-password", door::take_password)
        .post(Op::FirstPassword, "/sign-out", door::sign_out)
        .get(Op::Own, "/own", own::show)
        .post(Op::Own, "/own/password", own::password)
        .post(Op::Own, "/own/factor", own::begin_factor)
        .post(Op::Own, "/own/factor/confirm", own::confirm_factor)
        .post(Op::Own, "/own/session/end", own::end_session);
    routes
        .get(Op::Today, "/", today::show)
        .get(Op::Today, "/today/live", today::live)
        .get(Op::People, "/people", people::show)
        .post(Op::ChangePeople, "/people", people::add)
        .post(Op::ChangePeople, "/people/{id}", people::change)
        .post(Op::ChangePeople, "/people/session/end", people::end_session)
}
