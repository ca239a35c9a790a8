//! The pages, one file each, and their routes.

use crate::console::roles::Op;
use crate::console::routes::Routes;

mod actions;
mod door;
mod doors;
mod filed;
mod kiosks;
mod limits;
mod order;
mod orders;
mod own;
mod papers;
mod people;
mod reports;
mod returns;
mod settings;
mod slip;
mod stock;
mod story;
mod tasks;
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
        .get(Op::Orders, "/orders", orders::list)
        .get(Op::Orders, "/orders/{order_no}", order::show)
        .get(Op::Orders, "/orders/{order_no}/slip.svg", slip::picture)
        .get(Op::Filed, "/orders/{order_no}/filed", filed::show)
        .get(Op::Tasks, "/tasks", tasks::list)
        .get(Op::Tasks, "/tasks/{id}", tasks::show)
        .post(Op::WorkOnTasks, "/tasks/{id}", tasks::work)
        .post(Op::SettleTasks, "/tasks/{id}/settle", tasks::settle)
        .post(Op::FileAgain, "/tasks/{id}/file-again", actions::file_again)
        .post(Op::GiveUp, "/tasks/{id}/give-up", actions::give_up)
        .post(Op::FileAgain, "/tasks/{id}/send-again", actions::send_again)
        .post(Op::FileAgain, "/tasks/{id}/apply", actions::apply)
        .post(Op::SettleTasks, "/tasks/{id}/payback", actions::pay_back)
        .get(Op::Kiosks, "/kiosks", kiosks::list)
        .post(Op::PairKiosks, "/kiosks", kiosks::pair)
        .get(Op::Kiosks, "/kiosks/{name}", kiosks::show)
        .get(Op::Kiosks, "/kiosks/{name}/live", doors::live)
        .post(Op::OpenDoors, "/kiosks/{name}/doors", doors::ask)
        .post(Op::OpenDoors, "/kiosks/{name}/doors/{id}/confirm", doors::confirm)
        .post(Op::OpenDoors, "/kiosks/{name}/doors/{id}/withdraw", doors::withdraw)
        .get(Op::Kiosks, "/kiosks/{name}/settings", settings::show)
        .post(Op::PairKiosks, "/kiosks/{name}/revoke", kiosks::revoke)
        .get(Op::Stock, "/stock", stock::show)
        .get(Op::Reports, "/reports", reports::show)
        .get(Op::Reports, "/reports.csv", reports::csv)
        .get(Op::Returns, "/returns", returns::desk)
        .post(Op::Returns, "/returns/back", returns::came_back)
        .get(Op::Returns, "/returns/{order_no}", returns::form)
        .post(Op::Returns, "/returns/{order_no}", returns::apply)
        .get(Op::Limits, "/limits", limits::ask)
        .post(Op::Limits, "/limits", limits::show)
        .get(Op::People, "/people", people::show)
        .post(Op::ChangePeople, "/people", people::add)
        .post(Op::ChangePeople, "/people/{id}", people::change)
        .post(Op::ChangePeople, "/people/session/end", people::end_session)
}
