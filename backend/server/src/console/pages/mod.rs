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
mod reconciliations;
mod reports;
mod returns;
mod second;
mod settings;
mod slip;
mod stock;
mod stocktakes;
mod story;
mod tasks;
mod today;
mod waiting;

/// Adds every page.
pub fn add(routes: Routes) -> Routes {
    rest(goods(orders(doorstep(routes))))
}

/// The door: who comes in, and their own account.
fn doorstep(routes: Routes) -> Routes {
    routes
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
        .post(Op::Own, "/own/session/end", own::end_session)
}

/// Orders, what waits for a person, what comes back.
fn orders(routes: Routes) -> Routes {
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
        .post(Op::SettleCalls, "/tasks/{id}/settle", tasks::settle)
        .post(Op::FileAgain, "/tasks/{id}/file-again", actions::file_again)
        .post(Op::GiveUp, "/tasks/{id}/give-up", actions::give_up)
        .post(Op::FileAgain, "/tasks/{id}/send-again", actions::send_again)
        .post(Op::FileAgain, "/tasks/{id}/apply", actions::apply)
        .post(Op::SettleTasks, "/tasks/{id}/payback", actions::pay_back)
        .get(Op::Returns, "/returns", returns::desk)
        .get(Op::Returns, "/returns/live", returns::live)
        .post(Op::Returns, "/returns/back", returns::came_back)
        .get(Op::Returns, "/returns/{order_no}", returns::form)
        .post(Op::Returns, "/returns/{order_no}", returns::apply)
}

/// The bonded book and stocktakes.
fn goods(routes: Routes) -> Routes {
    routes
        .get(Op::Stock, "/stock", stock::show)
        .get(Op::Stock, "/stock.csv", stock::download)
        .get(Op::Stock, "/stock.xlsx", stock::download)
        .get(Op::Stock, "/stock/lines/{book}/{record}", stock::line::show)
        .post(Op::AskStock, "/stock/lines/{book}/{record}", stock::line::ask)
        .post(Op::DecideStock, "/stock/requests/{id}", stock::line::decide)
        .get(Op::AskStock, "/stock/requests/{id}/here", second::request)
        .post(Op::AskStock, "/stock/requests/{id}/here", second::decide_request)
        .get(Op::Stock, "/stock/takes", stocktakes::list)
        .post(Op::CountStock, "/stock/takes", stocktakes::open)
        .get(Op::Stock, "/stock/takes/{id}", stocktakes::one::show)
        .get(Op::Stock, "/stock/takes/{id}/variance.csv", stocktakes::one::download)
        .get(Op::Stock, "/stock/takes/{id}/variance.xlsx", stocktakes::one::download)
        .post(Op::CountStock, "/stock/takes/{id}/scan", stocktakes::count::scan)
        .post(Op::CountStock, "/stock/takes/{id}/count", stocktakes::count::typed)
        .post(Op::CountStock, "/stock/takes/{id}/file", stocktakes::count::file)
        .post(Op::CountStock, "/stock/takes/{id}/close", stocktakes::one::close)
        .post(Op::CountStock, "/stock/takes/{id}/again", stocktakes::one::again)
        .post(Op::SignStocktakes, "/stock/takes/{id}/sign", stocktakes::one::sign)
        .post(Op::SignStocktakes, "/stock/takes/{id}/abandon", stocktakes::one::abandon)
}

/// Kiosks, reports, limits and people.
fn rest(routes: Routes) -> Routes {
    routes
        .get(Op::Kiosks, "/kiosks", kiosks::list)
        .post(Op::PairKiosks, "/kiosks", kiosks::pair)
        .get(Op::Kiosks, "/kiosks/{name}", kiosks::show)
        .get(Op::Kiosks, "/kiosks/{name}/live", doors::live)
        .post(Op::OpenDoors, "/kiosks/{name}/doors", doors::ask)
        .post(Op::OpenDoors, "/kiosks/{name}/doors/{id}/confirm", doors::confirm)
        .get(Op::OpenDoors, "/kiosks/{name}/doors/{id}/here", second::door)
        .post(Op::OpenDoors, "/kiosks/{name}/doors/{id}/here", second::confirm_door)
        .post(Op::OpenDoors, "/kiosks/{name}/doors/{id}/withdraw", doors::withdraw)
        .get(Op::Kiosks, "/kiosks/{name}/settings", settings::show)
        .post(Op::PairKiosks, "/kiosks/{name}/revoke", kiosks::revoke)
        .get(Op::Reports, "/reports", reports::show)
        .get(Op::Reports, "/reports.csv", reports::download)
        .get(Op::Reports, "/reports.xlsx", reports::download)
        .get(Op::Reports, "/reports/reconciliations", reconciliations::list)
        .get(Op::Reports, "/reports/reconciliations/{centre}/{day}", reconciliations::show)
        .get(Op::Reports, "/reports/reconciliations/{centre}/{day}/file", reconciliations::download)
        .get(Op::Reports, "/reports/reconciliations/{centre}/{day}/lines.csv", reconciliations::download)
        .get(Op::Reports, "/reports/reconciliations/{centre}/{day}/lines.xlsx", reconciliations::download)
        .get(Op::Limits, "/limits", limits::ask)
        .post(Op::Limits, "/limits", limits::show)
        .get(Op::Limits, "/limits/tax.csv", limits::download)
        .get(Op::Limits, "/limits/tax.xlsx", limits::download)
        .get(Op::People, "/people", people::show)
        .post(Op::ChangePeople, "/people", people::add)
        .post(Op::ChangePeople, "/people/{id}", people::change)
        .post(Op::ChangePeople, "/people/session/end", people::end_session)
}
