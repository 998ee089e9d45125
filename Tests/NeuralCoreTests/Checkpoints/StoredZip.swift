@testable import NeuralCore

/// A small archive of stored entries, made by hand.
struct StoredZip {
    private(set) var bytes: [UInt8] = []

    init(_ entries: [(String, [UInt8])]) {
        var directory: [UInt8] = []
        for (name, data) in entries {
            let crc = data.withUnsafeBytes(CRC32.checksum), place = UInt32(bytes.count)
            let common = little(UInt16(0)) + little(UInt16(0)) + little(UInt32(0)) + little(crc)
                + little(UInt32(data.count)) + little(UInt32(data.count)) + little(UInt16(name.utf8.count)) + little(UInt16(0))
            bytes += little(UInt32(0x0403_4B50)) + little(UInt16(20)) + common + Array(name.utf8) + data
            directory += little(UInt32(0x0201_4B50)) + little(UInt16(20)) + little(UInt16(20)) + common
                + [UInt8](repeating: 0, count: 10) + little(place) + Array(name.utf8)
        }
        let start = UInt32(bytes.count), count = UInt16(entries.count)
        bytes += directory + little(UInt32(0x0605_4B50)) + little(UInt32(0)) + little(count) + little(count)
            + little(UInt32(directory.count)) + little(start) + little(UInt16(0))
    }

    private func little(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
