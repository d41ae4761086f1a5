//! Reading single screenings beside a program that has the records open.

use clinic::{Archive, ClinicError, ContentHash};
use sea_orm::{ConnectionTrait, Database};

use crate::support::{Home, accepted, on_each_database, screening_of};

on_each_database!(in_a_bucket_too {
    a_screening_is_read_beside_an_open_store,
},);

async fn a_screening_is_read_beside_an_open_store(home: Home) {
    let store = home.open().await;
    let photograph = accepted(&store, "eye.jpg", b"eye");
    let id = store
        .submit(clinic::Actor::Local, screening_of(vec![photograph]))
        .await
        .unwrap();

    let archive = Archive::open(home.path(), &home.records).await.unwrap();
    assert_eq!(
        archive.screening(id).await.unwrap(),
        store.screening(id).await.unwrap()
    );
    let photograph = &archive.screening(id).await.unwrap().photographs[0];
    let original = photograph.accepted().unwrap().original.clone();
    assert_eq!(archive.read(&original).await.unwrap(), b"eye");
    assert!(archive.read(&ContentHash::of(b"another")).await.is_err());

    let database = Database::connect(home.address()).await.unwrap();
    database
        .execute_unprepared("UPDATE patient SET year_of_birth = 1961")
        .await
        .unwrap();
    let screening = archive.screening(id).await.unwrap();
    assert_eq!(screening.year_of_birth, Some(1961));

    let unknown = "00000000-0000-4000-8000-000000000000".parse().unwrap();
    assert!(matches!(
        archive.screening(unknown).await,
        Err(ClinicError::Unknown { .. })
    ));
    archive.close().await.unwrap();
    database.close().await.unwrap();
    store.close().await.unwrap();
}
