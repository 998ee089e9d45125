import AudioDSP
import Foundation
import Testing

/// Damaged headers end in an error or in a finite sound, never in a crash, a hang or a huge allocation.
///
/// `AUDIOTOOL_FUZZ` sets the number of mutants of all files together and `AUDIOTOOL_FUZZ_SEED` which ones; a long run is
/// `AUDIOTOOL_FUZZ=1000000 swift test --filter AudioFileFuzz`.
@Suite struct AudioFileFuzzTests {
    private static let files = ManifestEntry.sound + ManifestEntry.broken
    private static let rounds = number("AUDIOTOOL_FUZZ").map { max(1, $0 / files.count) } ?? 120
    private static let seed = UInt64(number("AUDIOTOOL_FUZZ_SEED") ?? 0)

    private static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }

    @Test(arguments: files)
    func mutatedFile(_ item: ManifestEntry) throws {
        let folder = try TemporaryFolder()
        let original = [UInt8](try Data(contentsOf: URL(fileURLWithPath: item.path)))
        guard !original.isEmpty, original.count < 30_000 else { return }
        let start = UInt64(1_469_598_103_934_665_603) &+ Self.seed
        var state = original.reduce(start) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        func next(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
        let extremes: [UInt8] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF]
        for round in 0..<Self.rounds {
            var bytes = original
            let headerEnd = min(bytes.count, round % 3 == 0 ? bytes.count : 128)
            for _ in 0...next(3) {
                let place = next(headerEnd)
                switch next(4) {
                case 0: bytes[place] ^= 1 << UInt8(next(8))
                case 1: bytes[place] = extremes[next(extremes.count)]
                case 2: for index in place..<min(place + 4, bytes.count) { bytes[index] = extremes[next(extremes.count)] }
                default: bytes[place] = UInt8(next(256))
                }
            }
            if round % 5 == 0 { bytes.removeLast(next(bytes.count)) }
            let path = try folder.write(bytes, as: "mutant")
            let start = threadTime()
            do {
                let reader = try AudioFileReader(path: path, truncation: round % 2 == 0 ? .accept : .refuse)
                var frames = 0
                while let block = try reader.read(frames: 4_096), frames < 500_000 {
                    #expect(block.channels.count == reader.info.channels && block.frameCount > 0)
                    frames += block.frameCount
                }
            } catch is AudioFileError {}
            let time = threadTime() - start
            if time > 5 {
                Issue.record("round \(round) took \(time) s")
                return
            }
        }
    }
}
