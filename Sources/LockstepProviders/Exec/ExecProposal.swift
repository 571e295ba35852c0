extension ExecKind {
    /// A program that counts words, to put a model of one's own into.
    package static let words = ModelProposal(
        name: "words",
        about:
            "Any program that answers lines of JSON; this one counts words. Put your own model into it.",
        lines: ["exec: [python3, \(programName)]"], file: .init(name: programName, text: programText),
        standing: .example)

    /// Works everywhere.
    package func proposals(in surroundings: Surroundings) -> [ModelProposal] {
        [Self.words]
    }

    private static let programName = "lockstep_model.py"

    /// A model of one's own, to begin with.
    private static let programText = """
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
