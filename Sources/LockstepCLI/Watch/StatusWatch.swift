import Foundation
import Lockstep
import LockstepAPI

/// Polls the status of a daemon and shows it: on a terminal like `top`, elsewhere block by block.
struct StatusWatch: Sendable {
    let client: DaemonClient
    let interval: Duration
    let isJSON: Bool

    /// What the next screen is made of.
    private struct Answers {
        var status: API.DeploymentStatus?
        var rates: DaemonRates?
        var at: ContinuousClock.Instant?
        var outage: String?

        mutating func add(_ new: API.DeploymentStatus) {
            let now = ContinuousClock.now
            if let status, let at {
                rates = DaemonRates(from: status, to: new, seconds: (now - at) / .seconds(1))
            }
            (status, at, outage) = (new, now, nil)
        }
    }

    /// Runs until it is interrupted.
    ///
    /// - Throws: when nobody answers at the start.
    func run() async throws {
        let first: (status: API.DeploymentStatus, json: String)
        do {
            first = try await client.status()
        } catch {
            throw Failure(
                .unavailable,
                "no answer from \(client.address): \(error). Start `lockstep run` or `lockstep dev` with this configuration; it serves its state where `server` says"
            )
        }
        if Terminal.isOutATerminal, !isJSON {
            await onTerminal(first.status)
        } else {
            await inPipe(first)
        }
    }
}

// MARK: In a pipe

extension StatusWatch {
    private func inPipe(_ first: (status: API.DeploymentStatus, json: String)) async {
        _ = StopSignals { _, _ in _exit(0) }
        Terminal.whenNobodyReads { _exit(0) }
        var answers = Answers()
        answers.add(first.status)
        show(answers, first.json)
        while (try? await Task.sleep(for: interval)) != nil {
            do {
                let next = try await client.status()
                answers.add(next.status)
                show(answers, next.json)
            } catch {
                // Reported once: the next block says that it is back.
                if answers.outage == nil {
                    Terminal.fail("no answer from \(client.address): \(error); trying again")
                }
                answers.outage = error.description
            }
        }
    }

    private func show(_ answers: Answers, _ json: String) {
        guard !isJSON else {
            // On one line, however the server formats it.
            let line = (try? BSONDocument(json: json).json) ?? json.onOneLine
            if !Terminal.print(line) { _exit(0) }
            return
        }
        let screen = screen(answers, width: 120, height: nil, style: .plain, isUTF8: true)
        if !Terminal.print(screen.lines.joined(separator: "\n") + "\n") { _exit(0) }
    }

    private func screen(
        _ answers: Answers, width: Int, height: Int?, style: Style, isUTF8: Bool
    ) -> StatusScreen {
        StatusScreen(
            status: answers.status, rates: answers.rates, outage: answers.outage, address: client.address,
            text: ScreenText(width: width, style: style, isUTF8: isUTF8), height: height)
    }
}

// MARK: On a terminal

extension StatusWatch {
    /// What changes the screen.
    private enum Event: Sendable {
        case answer(API.DeploymentStatus)
        case noAnswer(String)
        case resized
        case ended
    }

    private func onTerminal(_ first: API.DeploymentStatus) async {
        let (events, continuation) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingNewest(16))
        // Before the terminal is taken: by default they end the process and leave it as it is.
        _ = StopSignals { _, _ in continuation.yield(.ended) }
        let page = FullScreen.begin()
        CaughtSignals.begin([SIGWINCH, SIGTSTP], label: "lockstep.terminal") { signal in
            if signal == SIGTSTP {
                page.giveBack()
                kill(getpid(), SIGSTOP)
                page.take()
            }
            continuation.yield(.resized)
        }
        Keys.read { key in
            if ["q", "Q", "\u{03}", "\u{04}"].contains(key) { continuation.yield(.ended) }
        }
        var answers = Answers()
        answers.add(first)
        draw(answers, on: page)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while (try? await Task.sleep(for: interval)) != nil {
                    do {
                        continuation.yield(.answer(try await client.status().status))
                    } catch {
                        continuation.yield(.noAnswer("\(error)"))
                    }
                }
            }
            for await event in events {
                switch event {
                case .answer(let status): answers.add(status)
                case .noAnswer(let reason): answers.outage = reason
                case .resized: break
                case .ended:
                    group.cancelAll()
                    page.giveBack()
                    // A request that is under way is not waited for.
                    _exit(0)
                }
                draw(answers, on: page)
            }
        }
    }

    private func draw(_ answers: Answers, on page: FullScreen) {
        let size = Terminal.size(STDOUT_FILENO) ?? (80, 24)
        var screen = screen(
            answers, width: size.columns, height: max(1, size.rows - 1), style: .out, isUTF8: Terminal.isUTF8)
        screen.text.width = max(20, size.columns)
        let key = screen.text.style.paint("q ends this", .dim)
        var lines = screen.lines
        lines += Array(repeating: "", count: max(0, size.rows - 1 - lines.count)) + [key]
        page.draw(lines)
    }
}

/// Keys as they are pressed, on a thread of their own.
private enum Keys {
    static func read(_ body: @escaping @Sendable (Character) -> Void) {
        guard isatty(STDIN_FILENO) == 1 else { return }
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while true {
                let count = Foundation.read(STDIN_FILENO, &byte, 1)
                if count == 1 {
                    body(Character(UnicodeScalar(byte)))
                } else if count == 0 || errno != EINTR {
                    return
                }
            }
        }
    }
}
