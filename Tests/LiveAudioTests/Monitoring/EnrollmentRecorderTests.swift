import Testing

@testable import LiveAudio

@Suite struct EnrollmentRecorderTests {
    private let recorder = EnrollmentRecorder(seconds: 1, sampleRate: 100, channels: 2)

    /// Frames `from`, …, the second channel negative.
    private func feed(_ range: Range<Int>) {
        recorder.append(range.flatMap { [Float($0), -Float($0)] }, frames: range.count)
    }

    @Test func theNextSeconds() {
        feed(1..<1_000)
        recorder.request(.next)
        #expect(recorder.secondsLeft == 1)
        feed(1_000..<1_060)
        #expect(recorder.secondsLeft == 0.4 && recorder.take() == nil)
        feed(1_060..<1_200)
        #expect(recorder.secondsLeft == nil)
        #expect(recorder.take() == [(1_000..<1_100).map(Float.init), (1_000..<1_100).map { -Float($0) }])
        #expect(recorder.take() == nil)
    }

    @Test func theLastSeconds() {
        feed(1..<31)
        recorder.request(.last)
        feed(31..<40)
        #expect(recorder.take()?[0] == (1..<31).map(Float.init))
        feed(50..<333)
        recorder.request(.last)
        feed(333..<400)
        #expect(recorder.take()?[0] == (233..<333).map(Float.init))
    }

    @Test func oneAtATime() {
        recorder.request(.next)
        feed(0..<50)
        recorder.request(.next)
        feed(50..<100)
        #expect(recorder.take()?[0] == (0..<100).map(Float.init))
    }
}
