//! How most changes are carried out.

/// Carries out one change and answers with what it made; a call that comes again is answered
/// as the first time.
macro_rules! once {
    ($self:ident, $request:ident, $slice:ident.$verb:ident) => {{
        let (actor, command) = kit::accept($request)?;
        let tx = match $self.db.begin(&actor).await? {
            kit::Begin::First(tx) => tx,
            kit::Begin::Again(answer) => return answer.reply(),
        };
        let answer = $self.$slice.$verb(&tx, &actor, command).await?;
        tx.reply(answer.into()).await
    }};
}

pub(crate) use once;
