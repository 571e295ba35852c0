/// What the commands ask a database beside its documents.
extension Database {
    /// `collection`, `view` or `timeseries`, by name.
    package func collectionKinds() async throws -> [String: String] {
        try await perform { connection in
            var kinds: [String: String] = [:]
            var command = BSONBuilder()
            command.append(1, forKey: "listCollections")
            command.append(true, forKey: "nameOnly")
            // A user who may not list the database still sees the collections that are open to him.
            command.append(true, forKey: "authorizedCollections")
            try connection.query(command, collection: "$cmd.listCollections", operation: "listCollections") {
                view in
                if let name = view["name"]?.string { kinds[name] = view["type"]?.string ?? "collection" }
            }
            return kinds
        }
    }

    /// Tries what Lockstep needs: to read, to write and, where there is one, to open the change stream.
    package func checkRights() async throws {
        let listeners = listeners
        let hasChangeStreams = deployment.hasChangeStreams
        try await perform { connection in
            for collection in Set(listeners.map(\.collection.name)).sorted() + [CheckpointStore.collection] {
                _ = try connection.run(
                    [
                        "find": BSONValue(collection), "limit": 1, "projection": ["_id": 1],
                        "singleBatch": true,
                    ],
                    operation: "find", namespace: connection.namespace(of: collection))
                // Matches nothing: asks for the right alone.
                var update = BSONBuilder()
                update.append(collection, forKey: "update")
                update.array("updates") { updates in
                    updates.document("0") { operation in
                        operation.document("q") { $0.append("lockstep check", forKey: "_id") }
                        operation.document("u") {
                            $0.document("$unset") { $0.append(1, forKey: "lockstep check") }
                        }
                    }
                }
                try connection.store(update, collection: collection, concern: nil, operation: "update")
            }
            guard hasChangeStreams else { return }
            let stream = ChangeStream(connection: connection, collections: ["lockstep.waits"], pipeline: [])
            let lent = connection.pool.borrow()
            try stream.open(.now, .batches, with: lent.client).close(with: lent.client)
        }
    }

    /// Seconds that the oplog reaches back.
    ///
    /// - Throws: when the user may not read it.
    package func oplogWindow() async throws -> Int {
        try await perform { connection in
            try connection.oplogWindow().map { Int($0.newest) - Int($0.oldest) } ?? 0
        }
    }

    /// For each model, by name, the input of some document, to try it with.
    package func sampleInputs() async throws -> [String: BSONValue] {
        let listeners = listeners
        return try await perform { connection in
            var samples: [String: BSONValue] = [:]
            for listener in listeners where samples[listener.model.name] == nil {
                var filter = listener.keys.map { ($0.text, ["$ne": .null] as BSONValue) }
                if let condition = listener.filter { filter.append(("$and", [BSONValue(condition)])) }
                var command = BSONBuilder()
                command.append(listener.collection.name, forKey: "find")
                command.append(BSONDocument(filter), forKey: "filter")
                let projection = EvidenceProjection([listener])
                command.document("projection") { projection.append(to: &$0) }
                command.append(1, forKey: "limit")
                try connection.query(command, collection: listener.collection.name) { view in
                    let evidence = projection.evidence(in: view)[0]
                    samples[listener.model.name] = evidence.input.map {
                        $0.count == 1 ? $0[0] : BSONValue($0)
                    }
                }
            }
            return samples
        }
    }

    /// Waits until the running daemon has handled everything that was committed before this call.
    ///
    /// - Throws: ``LockstepError/timeout(_:)``.
    package func waitForDaemon(timeout: Duration) async throws {
        let deadline = ContinuousClock.now + timeout
        let store = CheckpointStore(connection: connection, identifier: "lockstep")
        guard deployment.hasChangeStreams else {
            return try await waitForAudit(store, deadline, timeout)
        }
        let request = BSONValue.objectID()
        let target = try await perform { connection -> BSONTimestamp? in
            // Before the request, whose position is saved at once: what is written in between is not waited for.
            let target = try connection.operationTime()
            try WaitRequests.add(request, connection)
            return target
        }
        do {
            while true {
                let saved = try await perform { _ in try store.load().checkpoint }
                if let target, let saved, saved.isComplete, let position = saved.position,
                    position.clusterTime >= target
                {
                    break
                }
                guard .now < deadline else {
                    throw LockstepError.timeout(try await pauses() ?? Self.reason(saved, timeout))
                }
                try await Task.sleep(for: .milliseconds(10))
            }
        } catch {
            try? await perform { try WaitRequests.remove(request, $0) }
            throw error
        }
        try await perform { try WaitRequests.remove(request, $0) }
    }

    /// A standalone server has no positions: an audit that began after this call and found everything is the proof.
    private func waitForAudit(
        _ store: CheckpointStore, _ deadline: ContinuousClock.Instant, _ timeout: Duration
    ) async throws {
        let began = currentMilliseconds()
        while true {
            let saved = try await perform { _ in try store.load().checkpoint }
            if let saved, saved.isComplete, let audited = saved.auditedFrom, audited >= began { return }
            guard .now < deadline else { throw LockstepError.timeout(Self.reason(saved, timeout)) }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// What keeps everybody waiting who waits for all listeners.
    private func pauses() async throws -> String? {
        let known = Set(listeners.map(\.id))
        let paused = try await perform { try PauseStore(connection: $0).paused() }
        let names = paused.filter { known.isEmpty || known.contains($0) }.sorted().map { "`\($0)`" }
        guard !names.isEmpty else { return nil }
        return
            "not fresh: \(names.joined(separator: ", ")) \(names.count == 1 ? "is" : "are") paused: resume it first"
    }

    private static func reason(_ saved: Checkpoint?, _ timeout: Duration) -> String {
        guard let saved else {
            return "not fresh after \(timeout): no `lockstep run` has been started on this database"
        }
        let age = (currentMilliseconds() - saved.at) / 1000
        return
            "not fresh after \(timeout): the position was saved \(age) s ago. Is `lockstep run` running? `lockstep status` shows more"
    }
}

extension WaitRequests {
    static func add(_ id: BSONValue, _ connection: Connection) throws {
        var command = BSONBuilder()
        command.append(collection, forKey: "insert")
        command.array("documents") { documents in
            documents.document("0") { document in
                document.append(id, forKey: "_id")
                document.append(milliseconds: currentMilliseconds(), forKey: "at")
            }
        }
        try connection.store(command, collection: collection, operation: "insert")
    }

    static func remove(_ id: BSONValue, _ connection: Connection) throws {
        var command = BSONBuilder()
        command.append(collection, forKey: "delete")
        command.array("deletes") { deletes in
            deletes.document("0") { operation in
                // With those that a killed `wait` left behind an hour ago or earlier.
                operation.document("q") { filter in
                    filter.array("$or") { any in
                        any.document("0") { $0.append(id, forKey: "_id") }
                        any.document("1") { old in
                            old.document("at") {
                                $0.append(milliseconds: currentMilliseconds() - 3_600_000, forKey: "$lt")
                            }
                        }
                    }
                }
                operation.append(0, forKey: "limit")
            }
        }
        try connection.store(command, collection: collection, concern: nil, operation: "delete")
    }
}
