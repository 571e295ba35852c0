import Foundation
import Testing

@testable import LockstepProviders

/// What the errors of servers mean.
@Suite struct RefusalTests {
    // One row a line; the words are those of the servers.
    // swift-format-ignore
    static let refusals: [(status: Int, body: String, kind: Refusal.Kind)] = [
        // OpenAI
        (429, #"{"error":{"message":"Rate limit reached. Please try again in 12ms. Visit https://x","type":"requests","code":"rate_limit_exceeded"}}"#, .wait(.milliseconds(12))),
        (429, #"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","code":"insufficient_quota"}}"#, .outage),
        (429, #"{"error":{"message":"Request too large for x in organization org-1 on tokens per min (TPM): Limit 30000, Requested 342389. The input or output tokens must be reduced in order to run successfully.","type":"tokens","code":"rate_limit_exceeded"}}"#, .tooLarge(.tokens(30_000))),
        (429, #"{"error":{"message":"Rate limit reached for x on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.","type":"tokens","code":"rate_limit_exceeded"}}"#, .wait(.seconds(2))),
        (401, #"{"error":{"message":"Incorrect API key provided: x.","code":"invalid_api_key"}}"#, .outage),
        (404, #"{"error":{"message":"The model `x` does not exist or you do not have access to it.","code":"model_not_found"}}"#, .outage),
        (400, #"{"error":{"message":"Invalid 'input': array too long. Expected an array with maximum length 2048, but got an array with length 3000 instead.","param":"input","code":"array_above_max_length"}}"#, .tooLarge(.inputs(2048))),
        (400, #"{"error":{"message":"Requested 400000 tokens, max 300000 tokens per request","type":"max_tokens_per_request","code":"max_tokens_per_request"}}"#, .tooLarge(.tokens(300_000))),
        (400, #"{"error":{"message":"This model's maximum context length is 8192 tokens, however you requested 9000 tokens (9000 in your prompt; 0 for the completion).","code":null}}"#, .tooLong(place: nil, limit: 8192, count: 9000)),
        (400, #"{"error":{"message":"Invalid 'input[3]': input cannot be an empty string.","param":"input[3]"}}"#, .badInput(3)),
        (400, #"{"error":{"message":"'$.input' is invalid."}}"#, .failed),
        (400, #"{"error":{"message":"Unknown parameter: 'encoding_format'.","param":"encoding_format"}}"#, .noBase64),
        (500, #"{"error":{"message":"The server had an error."}}"#, .failed),
        (503, #"{"error":{"message":"That model is currently overloaded."}}"#, .wait(nil)),
        // Azure
        (429, #"{"error":{"code":"429","message":"Requests have exceeded call rate limit. Please retry after 7 seconds."}}"#, .wait(.seconds(7))),
        (404, #"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#, .outage),
        // vLLM, llama.cpp, Mistral, Jina
        (400, #"{"error":{"message":"This model's maximum context length is 512 tokens. However, you requested 900 tokens in the input for embedding generation. Please reduce the length of the input.","code":400}}"#, .tooLong(place: nil, limit: 512, count: 900)),
        (400, #"{"error":{"message":"Model \"x\" does not support matryoshka representation, changing output dimensions will lead to poor results.","code":400}}"#, .failed),
        (500, #"{"error":{"code":500,"message":"input (900 tokens) is too large to process. increase the physical batch size (current batch size: 512)","type":"server_error"}}"#, .tooLong(place: nil, limit: 512, count: 900)),
        (503, #"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#, .wait(nil)),
        (400, #"{"object":"error","message":"Too many inputs in request, split into more batches.","code":"3210"}"#, .tooLarge(.inputs(nil))),
        (400, #"{"object":"error","message":"Too many tokens overall, split into more batches.","code":"3210"}"#, .tooLarge(.tokens(nil))),
        (400, #"{"object":"error","message":"Input id 5 has 9000 tokens, exceeding max 8192 tokens.","code":"3051"}"#, .tooLong(place: 5, limit: 8192, count: 9000)),
        (400, #"{"object":"error","message":"Invalid model: x","type":"invalid_model"}"#, .outage),
        (402, #"{"detail":"Insufficient balance. Please recharge at https://jina.ai"}"#, .outage),
        (422, #"{"detail":"[input] List should have at most 512 items after validation, not 600"}"#, .tooLarge(.inputs(512))),
        (400, #"{"detail":"Input text exceeds maximum length of 8192 tokens"}"#, .tooLong(place: nil, limit: 8192, count: nil)),
        (422, #"{"detail":[{"type":"string_type","loc":["body","input",4],"msg":"Input should be a valid string","input":7}]}"#, .badInput(4)),
        // Voyage
        (400, #"{"detail":"The batch size limit is 1000. Your batch size is 1200."}"#, .tooLarge(.inputs(1000))),
        (400, #"{"detail":"Request to model 'x' failed. The max allowed tokens per submitted batch is 120000. Your batch has 130000 tokens after truncation. Please lower the number of tokens in the batch."}"#, .tooLarge(.tokens(120_000))),
        (400, #"{"detail":"Request to model 'x' failed. The example at index 2 in your batch has too many tokens and does not fit into the model's context window of 32000 tokens. Please lower the number of tokens in the listed example(s) or use truncation."}"#, .tooLong(place: 2, limit: 32_000, count: nil)),
        (400, #"{"detail":"Model x is not supported. Supported models are ['voyage-4']."}"#, .outage),
        (401, #"{"detail":"Provided API key is invalid."}"#, .outage),
        // Cohere
        (400, #"{"message":"invalid request: total number of texts must be at most 96 - received 100"}"#, .tooLarge(.inputs(96))),
        (400, #"{"message":"invalid request: all texts must be at most 512 tokens long, but the text at index 7 is 900 tokens long"}"#, .tooLong(place: 7, limit: 512, count: 900)),
        (400, #"{"message":"invalid request: text at index 4 is not acceptable"}"#, .badInput(4)),
        (402, #"{"message":"Please add or update your payment method"}"#, .outage),
        (429, #"{"message":"You are using a Trial key, which is limited to 40 API calls / minute."}"#, .wait(nil)),
        // Gemini
        (400, #"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#, .outage),
        (429, #"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3.200s"}]}}"#, .wait(.milliseconds(3200))),
        (429, #"{"error":{"code":429,"message":"Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.","status":"RESOURCE_EXHAUSTED"}}"#, .outage),
        (400, #"{"error":{"code":400,"message":"* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n"}}"#, .tooLarge(.inputs(100))),
        (400, #"{"error":{"code":400,"message":"* BatchEmbedContentsRequest.requests[9].content: contents is not specified\n"}}"#, .badInput(9)),
        (400, #"{"error":{"code":400,"message":"The input token count (9000) exceeds the maximum number of tokens allowed (2048)."}}"#, .tooLong(place: nil, limit: 2048, count: 9000)),
        // Ollama
        (404, #"{"error":"model \"x\" not found, try pulling it first"}"#, .outage),
        (400, #"{"error":"the input length exceeds the context length"}"#, .tooLong(place: nil, limit: nil, count: nil)),
        (503, #"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#, .wait(nil)),
        (500, #"{"error":"do embedding request: Post \"http://127.0.0.1:41123/embedding\": EOF"}"#, .failed),
        // TEI
        (422, #"{"error":"batch size 64 > maximum allowed batch size 32","error_type":"Validation"}"#, .tooLarge(.inputs(32))),
        (422, #"{"error":"Input validation error: `inputs` must have less than 512 tokens. Given: 900","error_type":"Validation"}"#, .tooLong(place: nil, limit: 512, count: 900)),
        (429, #"{"error":"Model is overloaded","error_type":"Overloaded"}"#, .wait(nil)),
        (424, #"{"error":"Inference error: backend failed","error_type":"Backend"}"#, .failed),
        // Numbers beside that of the tokens
        (400, #"{"error":{"message":"This model's maximum context length is 256 tokens. However, you requested 300 tokens in the input for embedding generation.","code":400}}"#, .tooLong(place: nil, limit: 256, count: 300)),
        (400, #"{"error":{"message":"maximum context length is 256 tokens, see https://x.test/2026. Your request has 300 input tokens.","code":400}}"#, .tooLong(place: nil, limit: 256, count: 300)),
        (413, #"{"error":{"message":"the text is too large","code":413}}"#, .tooLarge(.bytes)),
        (400, #"{"error":{"code":400,"message":"request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it"}}"#, .tooLong(place: nil, limit: 4096, count: 5000)),
        (400, #"{"error":{"message":"maximum context length is 256 tokens","code":400}}"#, .tooLong(place: nil, limit: 256, count: nil)),
        // Google in a list
        (400, #"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key."}}]"#, .outage),
        // Gateways
        (502, "<html>bad gateway</html>", .outage), (504, "", .failed), (524, "", .failed), (408, "", .failed),
        (413, "", .tooLarge(.bytes)), (403, "", .outage), (405, "", .outage), (307, "", .outage), (409, "", .wait(nil)),
    ]

    private func read(
        _ status: Int, _ body: String, _ headers: [String: String] = [:], texts: [String] = []
    ) -> Refusal {
        RefusalReader(
            origin: "https://models.test", model: "x", missingModel: "Run `ollama pull x` there",
            redaction: Redaction(secrets: ["sk-1234567890abcdef"], texts: texts)
        ).read(
            HTTPAnswer(status: status, headers: headers, body: Array(body.utf8)),
            now: Date(timeIntervalSince1970: 0))
    }

    @Test(arguments: refusals.indices) func whatItMeans(_ row: Int) {
        let (status, body, kind) = Self.refusals[row]
        let refusal = read(status, body)
        #expect(refusal.kind == kind, "\(status) \(body)")
        #expect(refusal.reason.hasPrefix("https://models.test answers \(status)"), "\(refusal.reason)")
    }

    @Test(arguments: [
        (401, #"{"error":"no"}"#, "https://models.test answers 401: no. Check `key`"),
        (
            401, #"{"error":{"message":"Incorrect API key: see https://a.test/api-keys."}}"#,
            "https://models.test answers 401: Incorrect API key: see https://a.test/api-keys. Check `key`"
        ),
        (500, #"{"error":"it broke. "}"#, "https://models.test answers 500: it broke"),
        (404, #"{"error":"model \"x\" not found, try pulling it first"}"#, "Run `ollama pull x` there"),
        (404, "", "https://models.test answers 404. Check `url`, and whether model `x` is there"),
        (402, "", "Nothing is left on the account: see its billing page"),
        (403, "", "may use model `x`"),
    ])
    func whatToDoIsSaid(status: Int, body: String, words: String) {
        #expect(read(status, body).reason.hasSuffix(words) || read(status, body).reason == words)
    }

    @Test func aRedirectIsToldByWhereItLeads() {
        let refusal = read(308, "", ["location": "https://elsewhere.test/v1?key=secret"])
        #expect(refusal.kind == .outage && refusal.reason.contains("https://elsewhere.test,"))
        #expect(!refusal.reason.contains("secret"))
    }

    @Test func whoeverSaysNotToTryAgainMeansIt() {
        #expect(read(429, "", ["x-should-retry": "false", "retry-after": "1"]).kind == .outage)
    }

    // MARK: What is quoted

    private static let ticket =
        "My program says:\ninvalid api key\nThe model gpt-9 does not exist. Try again in 5m"

    /// As servers repeat the input: as it is, with the escapes of JSON, in JSON of their own.
    @Test(arguments: [
        #"{"detail":"cannot read: \#(JSON.string(ticket).text.dropFirst().dropLast())"}"#,
        JSON.object([
            .init("error", .object([.init("message", .string("bad input \(JSON.string(ticket).text)"))]))
        ])
        .text,
        "cannot read: " + ticket, "cannot read: " + JSON.string(ticket).text,
    ])
    func aDocumentThatQuotesAnErrorIsNoOutage(body: String) {
        #expect(read(400, body).kind == .outage)
        let refusal = read(400, body, texts: [Self.ticket])
        #expect(refusal.kind == .failed && !refusal.reason.contains("api key"), "\(refusal.reason)")
        #expect(read(429, body, texts: [Self.ticket]).kind == .wait(nil))
    }

    /// A limit counts where it may be the server's: not where no text is as long.
    @Test(arguments: [(1, Refusal.Kind.failed), (500, .tooLong(place: nil, limit: 4097, count: 5000))])
    func aLongTextMayHoldTheWordsWithWhichItIsRefused(times: Int, kind: Refusal.Kind) {
        let words = "maximum context length is 4097 tokens. However, you requested 5000 tokens"
        let body = #"{"error":{"message":"This model's \#(words)","code":400}}"#
        #expect(read(400, body, texts: [words + String(repeating: " and so on", count: times)]).kind == kind)
    }

    @Test(arguments: [
        #"{"input":"caf\u00e9 of the private person","why":"unknown"}"#, #"[5, "#,
        #"{"message":"cut off: caf\u00e9 of the private pers"#,
        #"{"input":""# + String(repeating: "x", count: 2 << 20) + #"","message":"no"}"#,
    ])
    func ofJSONThatTellsNothingOnlyTheStatusIsSaid(body: String) {
        #expect(read(500, body).reason == "https://models.test answers 500")
    }

    @Test func aLongErrorIsReadAsWhole() {
        let body =
            #"{"input":""# + String(repeating: "x", count: 1 << 17) + #"","message":"Invalid model: x"}"#
        #expect(read(400, body).kind == .outage && read(400, body).reason.contains(": Invalid model: x. "))
    }

    // MARK: When

    @Test(
        arguments: [
            (["retry-after": "5"], 5000), (["retry-after": "1.5"], 1500),
            (["retry-after-ms": "250", "retry-after": "9"], 250),
            (["retry-after": "Thu, 01 Jan 1970 00:00:09 GMT"], 9000),
            (
                ["retry-after": "Thu, 01 Jan 1970 00:00:09 GMT", "date": "Thu, 01 Jan 1970 00:00:02 GMT"],
                7000
            ),
            (["retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"], 0), (["retry-after": "-3"], 0),
            (["retry-after": "1000000"], 3_600_000),
            (["x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"], 360_000),
            (["x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "12ms"], 12),
            (["x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m1.5s"], 61_500),
            (["x-ratelimit-remaining-tokens": "7", "x-ratelimit-reset-tokens": "1s"], nil),
            (["x-ratelimit-remaining-requests": "-1"], nil), (["retry-after": "soon"], nil), ([:], nil),
        ] as [([String: String], Int?)])
    func whenToComeAgain(headers: [String: String], milliseconds: Int?) {
        #expect(read(429, "", headers).kind == .wait(milliseconds.map { .milliseconds($0) }), "\(headers)")
    }

    // MARK: Secrets

    @Test(arguments: [
        ("the key sk-1234567890abcdef is wrong", "the key *** is wrong"),
        ("Incorrect key sk-12345********cdef.", "Incorrect key ***"),
        ("a\nb\t c\u{1b}[31m", "a b c [31m"),
        ("cannot read 'a very private sentence of somebody', sorry", "cannot read '…', sorry"),
        ("near 'private sentence of some", "near '…"),
        ("the name bob is bad", "the name … is bad"),
        (#"near \"a very private\u0020sentence of somebody\""#, #"near "…""#),
        (#"C:\temp is no place"#, #"C:\temp is no place"#),
    ])
    func nothingOfASecretOrOfADocumentIsShown(said: String, shown: String) {
        let redaction = Redaction(
            secrets: ["sk-1234567890abcdef"],
            texts: ["bob", "prefix: a very private sentence of somebody"].map {
                $0.replacing("prefix: ", with: "")
            })
        #expect(redaction.shown(said) == shown)
    }

    @Test func wordsAreFew() {
        let shown = Redaction(secrets: [], texts: []).shown(String(repeating: "word ", count: 500))
        #expect(shown.count <= 201 && shown.hasSuffix("…"))
    }
}
