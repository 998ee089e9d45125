import RealTimeChecks
import Testing

/// Fails when `body` takes memory or calls the system.
///
/// `body` runs once before, so that what only the first call does is not counted. Where the machine offers no way to
/// see one of the two, that half is passed over with a note in the log.
public func expectRealTime(
    _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation, _ body: @escaping () -> Void
) {
    body()
    let before = rtc_allocation_count()
    body()
    let count = rtc_allocation_count() - before
    if before < 0 { print("Allocations cannot be counted on this system.") }
    #expect(count == 0, "\(label): \(count) allocations", sourceLocation: sourceLocation)
    switch systemCallOutcome(body) {
    case RTC_CLEAN: break
    case RTC_SYSTEM_CALL: Issue.record("\(label): a system call", sourceLocation: sourceLocation)
    default: print("System calls cannot be watched on this system.")
    }
}

/// Blocks of memory that the calling thread asks for during `body`; nil where they cannot be counted.
public func allocations(during body: () -> Void) -> Int? {
    let before = rtc_allocation_count()
    body()
    return before < 0 ? nil : rtc_allocation_count() - before
}

/// Whether `body` calls the system; nil where that cannot be seen.
public func callsSystem(_ body: @escaping () -> Void) -> Bool? {
    switch systemCallOutcome(body) {
    case RTC_CLEAN: false
    case RTC_SYSTEM_CALL: true
    default: nil
    }
}

private func systemCallOutcome(_ body: @escaping () -> Void) -> rtc_outcome {
    final class Box {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }
    let box = Box(body)
    return withExtendedLifetime(box) {
        rtc_run_without_system_calls(
            { Unmanaged<Box>.fromOpaque($0!).takeUnretainedValue().body() }, Unmanaged.passUnretained(box).toOpaque())
    }
}
