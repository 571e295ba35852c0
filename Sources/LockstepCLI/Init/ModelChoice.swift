import Foundation
import LockstepProviders

/// The model that a new configuration begins with.
enum ModelChoice: Equatable {
    /// all-MiniLM-L6-v2, in that directory, written as the file shall name it.
    case minilm(directory: String)
    /// A program that is written beside the file.
    case program

    static let programName = "lockstep_model.py"
    private static let directoryName = "all-MiniLM-L6-v2"

    /// The name in the configuration.
    var name: String {
        switch self {
        case .minilm: "minilm"
        case .program: "words"
        }
    }

    /// What is on this machine: the model, and OpenVINO to run it.
    ///
    /// - Parameter folder: of the file to be written, absolute.
    static func find(beside folder: String, environment: [String: String]) -> ModelChoice {
        guard OpenVINORuntime.isInstalled(environment: environment) else { return .program }
        var candidates: [(path: String, written: String)] = []
        if let models = environment["LOCKSTEP_MODELS"], !models.isEmpty {
            let path = URL(fileURLWithPath: "\(models)/\(directoryName)").standardizedFileURL.path
            candidates.append((path, path))
        }
        let own = ".lockstep/models/\(directoryName)"
        var place = URL(fileURLWithPath: folder).standardizedFileURL
        var up = ""
        while true {
            candidates.append(("\(place.path)/\(own)", up + own))
            guard place.path != "/", up.count < 60 else { break }
            place.deleteLastPathComponent()
            up += "../"
        }
        let found = candidates.first { candidate in
            openVINOModelFiles(directory: candidate.path).allSatisfy(FileManager.default.fileExists(atPath:))
        }
        return found.map { .minilm(directory: $0.written) } ?? .program
    }

    /// A model of one's own, to begin with.
    static let programText = """
        #!/usr/bin/env python3
        \"\"\"The model of this folder's lockstep.yaml: a program that Lockstep starts and keeps.

        It reads a batch of inputs a line on stdin, and answers a line on stdout:
            {"id": 7, "inputs": ["some text", "more"]}
            {"id": 7, "predictions": [2, 1]}
        What it writes to stderr goes to the log of `lockstep run`. Try it: lockstep check
        \"\"\"
        import json
        import sys

        # Load your own model here, once, as:
        #     from sentence_transformers import SentenceTransformer      # pip install sentence-transformers
        #     model = SentenceTransformer("all-MiniLM-L6-v2")


        def predict(texts):
            \"\"\"One prediction for each text: a number, a text, a list, a dict. Put your own in place of the count of words, as:
                return model.encode(texts).tolist()      # and `vectors: bson` at the model in lockstep.yaml
            Lockstep notices by the file's hash that the model is another one, and computes everything anew.
            \"\"\"
            return [len(text.split()) for text in texts]


        for line in sys.stdin:
            request = json.loads(line)
            inputs = request["inputs"]
            # What is no text is refused: it has no prediction, and `lockstep failures` says why.
            errors = {
                str(i): f"expected a text, found {type(value).__name__}"
                for i, value in enumerate(inputs)
                if not isinstance(value, str)
            }
            answers = iter(predict([value for value in inputs if isinstance(value, str)]))
            predictions = [next(answers) if isinstance(value, str) else None for value in inputs]
            print(json.dumps({"id": request["id"], "predictions": predictions, "errors": errors}), flush=True)

        """
}
