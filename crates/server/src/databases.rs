//! Names of databases, and making and dropping them on a PostgreSQL server.

use anyhow::{Context, Result, ensure};
use kit::db::{create_statement, without_password};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};

/// The name of the databases when the URL gives none.
const STEM: &str = "cds";
/// The database every PostgreSQL server has, from which others are made.
const MAINTENANCE: &str = "postgres";
/// PostgreSQL cuts longer names off, so two databases could become one.
const LONGEST_NAME: usize = 63;

/// A PostgreSQL URL, taken apart at the name of its database.
struct Url<'a> {
    server: &'a str,
    database: &'a str,
    options: &'a str,
}

impl<'a> Url<'a> {
    fn read(url: &'a str) -> Result<Self> {
        let shown = || {
            format!(
                "`{}` is not a URL such as postgres://user@host/cds",
                without_password(url)
            )
        };
        let (scheme, rest) = url.split_once("://").with_context(shown)?;
        ensure!(matches!(scheme, "postgres" | "postgresql"), "{}", shown());
        let options = rest.find('?').map_or("", |at| &rest[at..]);
        let rest = &rest[..rest.len() - options.len()];
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        // Without a host the server is meant that `?host=/run/postgresql` names.
        ensure!(
            !authority.is_empty() || options.contains("host="),
            "{}",
            shown()
        );
        let database = if database.is_empty() { STEM } else { database };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        ensure!(
            database.bytes().all(plain),
            "`{database}` cannot name a database here: letters a-z, digits, `_` and `-`"
        );
        let server = &url[..scheme.len() + "://".len() + authority.len()];
        Ok(Self {
            server,
            database,
            options,
        })
    }

    fn with(&self, database: &str) -> String {
        format!("{}/{database}{}", self.server, self.options)
    }
}

/// Returns the URL of one service's database: `…/cds` becomes `…/cds_directory`.
///
/// # Errors
/// When the base is no PostgreSQL URL; the text shows no password.
pub fn of_service(base: &str, service: &str) -> Result<String> {
    let url = Url::read(base)?;
    let name = format!("{}_{service}", url.database);
    ensure!(
        name.len() <= LONGEST_NAME,
        "`{name}` is too long for the name of a database"
    );
    Ok(url.with(&name))
}

/// Makes the database of a URL when it is not there, and says whether it did.
///
/// # Errors
/// When the server cannot be reached or refuses.
pub async fn create(url: &str) -> Result<bool> {
    let target = Url::read(url)?;
    let server = connect(&target).await?;
    let known = Statement::from_sql_and_values(
        server.get_database_backend(),
        "SELECT 1 FROM pg_database WHERE datname = $1",
        [target.database.into()],
    );
    if server.query_one_raw(known).await?.is_some() {
        return Ok(false);
    }
    server
        .execute_unprepared(&create_statement(target.database))
        .await
        .with_context(|| format!("cannot create the database `{}`", target.database))?;
    Ok(true)
}

/// Drops the database of a URL, with whatever is still connected to it.
///
/// # Errors
/// When the server cannot be reached or refuses.
pub async fn drop(url: &str) -> Result<()> {
    let target = Url::read(url)?;
    let drop = format!(
        "DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)",
        target.database
    );
    connect(&target)
        .await?
        .execute_unprepared(&drop)
        .await
        .with_context(|| format!("cannot drop the database `{}`", target.database))?;
    Ok(())
}

async fn connect(target: &Url<'_>) -> Result<DatabaseConnection> {
    let url = target.with(MAINTENANCE);
    let mut options = ConnectOptions::new(&url);
    options
        .max_connections(1)
        .connect_timeout(std::time::Duration::from_secs(5))
        .sqlx_logging(false);
    let connected = Database::connect(options).await;
    connected.with_context(|| format!("cannot open the database {}", without_password(&url)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_service_is_added_and_the_options_are_kept() {
        let of = |base| of_service(base, "projects").unwrap();
        assert_eq!(
            of("postgres://u:p@h:5432/cds"),
            "postgres://u:p@h:5432/cds_projects"
        );
        assert_eq!(
            of("postgresql://h/a?sslmode=disable"),
            "postgresql://h/a_projects?sslmode=disable"
        );
        assert_eq!(of("postgres://h"), "postgres://h/cds_projects");
        assert_eq!(of("postgres://h/"), "postgres://h/cds_projects");
        assert_eq!(
            of("postgres:///cds?host=/run/pg"),
            "postgres:///cds_projects?host=/run/pg"
        );
    }

    #[test]
    fn what_is_no_postgresql_url_is_refused_without_showing_its_password() {
        for bad in [
            "mysql://u:s3cret@h/cds",
            "cds",
            "postgres://u:s3cret@h/a\"; DROP",
        ] {
            let error = of_service(bad, "projects").unwrap_err().to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
