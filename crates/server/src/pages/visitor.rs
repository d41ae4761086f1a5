//! Whom a page is for. The guard says it once for everything that is drawn while a request is answered, so that no page can
//! forget it; a page that is drawn without a request is for whoever sits at this computer.

use clinic::Role;

use crate::who::Who;

tokio::task_local! {
    static VISITOR: Visitor;
}

/// Who looks at a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visitor {
    /// The name of their account; `None` where nobody is logged in.
    pub(super) name: Option<String>,
    /// What they may do; `None` for nobody who is known.
    pub(super) role: Option<Role>,
    /// Whether they log in with a password, which they can change.
    pub(super) has_password: bool,
}

impl Visitor {
    pub(crate) fn of(who: &Who) -> Self {
        Self {
            name: who.name().map(str::to_owned),
            role: who.role(),
            has_password: (who.logged_in()).is_some_and(|known| known.account.openid.is_none()),
        }
    }

    /// Who looks at what is being drawn.
    pub(super) fn now() -> Self {
        let local = || Self::of(&Who::Local);
        VISITOR.try_with(Self::clone).unwrap_or_else(|_| local())
    }

    pub(super) fn is_let_in(&self) -> bool {
        self.role.is_some()
    }

    pub(super) fn may(&self, needed: Role) -> bool {
        self.role.is_some_and(|role| role >= needed)
    }
}

/// Lets a request be answered for somebody.
pub(crate) async fn drawn_for<T>(visitor: Visitor, answering: impl Future<Output = T>) -> T {
    VISITOR.scope(visitor, answering).await
}
