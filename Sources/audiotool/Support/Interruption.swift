import AudioDSP
import Dispatch
import Foundation
import Synchronization

/// Turns Ctrl-C and SIGTERM into a question that long work asks now and then. A second one ends the program at once,
/// without its unfinished files.
final class Interruption: Sendable {
    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    private let requests: Counter
    // Set once and only kept alive; libdispatch calls the handlers.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

    init() {
        let requests = Counter()
        self.requests = requests
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
            source.setEventHandler {
                guard requests.value.add(1, ordering: .relaxed).newValue > 1 else { return }
                UnfinishedFiles.removeAll()
                _exit(130)
            }
            source.resume()
            return source
        }
    }

    var isRequested: Bool { requests.value.load(ordering: .relaxed) > 0 }
}
