import Foundation
import Lockstep
@testable import MongoDriver
import TestSupport

/// A database of a test's own.
func withDatabase(_ body: (Database) async throws -> Void) async throws {
    let name = "t\(UUID().uuidString.prefix(12))"
    let db = try await Database.connect(try TestServer.uri(), database: name)
    try await body(db)
    try db.connection.run(["dropDatabase": 1], operation: "dropDatabase")
}

/// The same on the standalone server.
func withStandaloneDatabase(_ body: (Database) async throws -> Void) async throws {
    let name = "t\(UUID().uuidString.prefix(12))"
    let db = try await Database.connect(try TestServer.standaloneURI(), database: name)
    try await body(db)
    try db.connection.run(["dropDatabase": 1], operation: "dropDatabase")
}
