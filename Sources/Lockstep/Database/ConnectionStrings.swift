import MongoDriver

// What the driver knows of a connection string, for those who do not import the driver.

/// The connection string with `***` for its password.
package func redacted(uri: String) -> String {
    MongoDriver.redacted(uri: uri)
}

/// The database that a connection string names; nil when it names none.
package func database(ofURI uri: String) -> String? {
    MongoDriver.database(ofURI: uri)
}

/// Everything that is wrong with a connection string.
package func uriProblems(_ uri: String) -> [String] {
    MongoDriver.uriProblems(uri)
}

/// Why none of the servers of a connection string can be used; nil when the reason is not found. Asks them; blocks.
package func serverProblem(uri: String) -> String? {
    MongoDriver.serverProblem(uri: uri)
}

/// Why TLS cannot be set up with a server of a connection string; nil when the reason is not found. Asks it; blocks.
package func tlsProblem(uri: String) -> String? {
    MongoDriver.tlsProblem(uri: uri)
}

package typealias LogIn = MongoDriver.LogIn
package typealias CollectionTraits = MongoDriver.CollectionTraits
package typealias Deployment = MongoDriver.Deployment
