// Keeps a small vector beside every text of a collection: the library in one screen.
//
//   HashConsumer mongodb://127.0.0.1:27017 shop docs

import Crypto
import Dispatch
import Foundation
import Lockstep

@main
struct HashConsumer {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4 else {
            FileHandle.standardError.write(Data("usage: HashConsumer <uri> <database> <collection>\n".utf8))
            exit(64)
        }
        let collection = Collection(arguments[3])

        // The model: from a batch of texts to a batch of vectors. An array of doubles is stored as an array.
        let model = ClosureModel("m") { (texts: [String]) in
            texts.map { text in SHA256.hash(data: Data(text.utf8)).map { Double($0) / 255 } }
        }

        let db = try await Database.connect(arguments[1], database: arguments[2])
        try await db.add(Listener(model: model, on: collection, key: "text"))

        let watcher = DatabaseWatcher(db: db, on: collection)
        try await watcher.watch()
        say("READY \(getpid()) FIELD=_outputs.text.m")

        await terminated()
        try await watcher.stop()
        say("\(watcher.info())")
    }

    /// A line that a pipe's reader gets at once.
    static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    /// Returns on SIGTERM or Ctrl-C.
    static func terminated() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let sources = [SIGTERM, SIGINT].map { number in
                signal(number, SIG_IGN)
                return DispatchSource.makeSignalSource(signal: number, queue: .main)
            }
            let once = DispatchWorkItem {
                sources.forEach { $0.cancel() }
                continuation.resume()
            }
            for source in sources {
                source.setEventHandler { once.perform() }
                source.resume()
            }
        }
    }
}
