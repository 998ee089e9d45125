import Foundation
import Testing

@testable import ModelLibrary

/// The examples of FIPS 180-4 and lengths around the block's.
@Suite struct SHA256Tests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ]) func examples(_ message: String, _ digest: String) {
        var hash = SHA256()
        hash.update(Array(message.utf8))
        #expect(hash.finish() == digest)
    }

    /// Pieces of any lengths make the digest of the whole.
    @Test func pieces() {
        let message = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        func digest(_ size: Int) -> String {
            var hash = SHA256()
            for start in stride(from: 0, to: message.count, by: size) { hash.update(Array(message[start..<min(start + size, 1000)])) }
            return hash.finish()
        }
        for size in [1, 3, 55, 56, 63, 64, 65, 130, 999] { #expect(digest(size) == digest(1000), "\(size)") }
    }

    @Test func millionLetters() {
        var hash = SHA256()
        for _ in 0..<1_000 { hash.update([UInt8](repeating: UInt8(ascii: "a"), count: 1_000)) }
        #expect(hash.finish() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }
}
