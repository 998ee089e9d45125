import Foundation

/// Runs `body` on `count` threads, this one among them, and waits for all.
func sideBySide(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    let group = DispatchGroup()
    for _ in 1..<max(1, count) {
        group.enter()
        let thread = Thread {
            body()
            group.leave()
        }
        thread.stackSize = 8 << 20
        thread.start()
    }
    body()
    group.wait()
}
