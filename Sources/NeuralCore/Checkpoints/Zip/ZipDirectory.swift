/// One file inside an archive.
struct ZipEntry: Sendable {
    let name: String
    /// Where its bytes lie in the archive.
    let data: Range<Int>
    let checksum: UInt32
    /// 0: stored as it is.
    let method: UInt16
}

/// Reads the table of contents of a ZIP archive, also of a ZIP64 one, and holds every number in it against the
/// archive's length. Flag bits are not believed: an entry is what its place, its size and its checksum say.
struct ZipDirectory {
    /// Longer tables are refused; that of a network with ten thousand tensors has about one MB.
    static let maximumLength = 32 << 20

    private let source: CheckpointSource

    static func entries(of source: CheckpointSource) throws -> [ZipEntry] {
        try ZipDirectory(source: source).entries()
    }

    /// Where the table lies, and how many entries it announces.
    private struct Extent {
        var count: UInt64
        var length: UInt64
        var start: UInt64
        /// The table ends here at the latest.
        var limit: Int
    }

    private func entries() throws -> [ZipEntry] {
        let extent = try extent()
        guard extent.start <= UInt64(extent.limit), extent.length <= UInt64(extent.limit) - extent.start else {
            throw CheckpointFault.damaged("its ZIP directory lies outside the file's \(source.size) bytes")
        }
        guard extent.length <= UInt64(Self.maximumLength) else {
            throw CheckpointFault.damaged("its ZIP directory takes \(extent.length) bytes, more than \(Self.maximumLength)")
        }
        let start = Int(extent.start)
        var cursor = ByteCursor(try source.bytes(in: start..<start + Int(extent.length)))
        var entries: [ZipEntry] = [], names: Set<String> = [], occupied: [Range<Int>] = []
        while cursor.remaining > 0 {
            let (entry, whole) = try entry(&cursor, dataLimit: start)
            guard names.insert(entry.name).inserted else {
                throw CheckpointFault.damaged("its ZIP directory names \(entry.name.prefix(80)) twice")
            }
            entries.append(entry)
            occupied.append(whole)
        }
        guard UInt64(entries.count) == extent.count else {
            throw CheckpointFault.damaged("its ZIP directory announces \(extent.count) entries and has \(entries.count)")
        }
        occupied.sort { $0.lowerBound < $1.lowerBound }
        for (one, next) in zip(occupied, occupied.dropFirst()) where one.upperBound > next.lowerBound {
            throw CheckpointFault.damaged("entries of its ZIP directory overlap at byte \(next.lowerBound)")
        }
        return entries
    }

    // MARK: The end of the archive

    private static let endSignature: [UInt8] = [0x50, 0x4B, 0x05, 0x06]

    private func extent() throws -> Extent {
        let tailStart = max(0, source.size - 22 - 0xFFFF)
        let tail = try source.bytes(in: tailStart..<source.size)
        guard let place = Self.endRecord(in: tail) else {
            throw CheckpointFault.damaged("it is a ZIP archive that breaks off after \(source.size) bytes; fetch it again")
        }
        var cursor = ByteCursor(tail, at: place + 10)
        guard let count = cursor.integer(UInt16.self), let length = cursor.integer(UInt32.self),
            let start = cursor.integer(UInt32.self)
        else { throw Self.brokenEnd }
        let plain = Extent(
            count: UInt64(count), length: UInt64(length), start: UInt64(start), limit: tailStart + place)
        return try wideExtent(before: tailStart + place) ?? plain
    }

    /// The last record whose comment ends where the file ends.
    private static func endRecord(in tail: [UInt8]) -> Int? {
        var place = tail.count - 22
        while place >= 0 {
            if tail[place] == 0x50, tail[place..<place + 4].elementsEqual(endSignature) {
                let comment = Int(tail[place + 20]) | Int(tail[place + 21]) << 8
                if place + 22 + comment == tail.count { return place }
            }
            place -= 1
        }
        return nil
    }

    /// What the ZIP64 records ahead of the end say, if there are any.
    private func wideExtent(before end: Int) throws -> Extent? {
        guard end >= 20 else { return nil }
        var locator = ByteCursor(try source.bytes(in: end - 20..<end))
        guard locator.integer(UInt32.self) == 0x0706_4B50 else { return nil }
        _ = locator.take(4)
        guard let place = locator.integer(UInt64.self), place <= UInt64(max(0, end - 20 - 56)) else { throw Self.brokenEnd }
        let start = Int(place)
        var record = ByteCursor(try source.bytes(in: start..<start + 56))
        guard record.integer(UInt32.self) == 0x0606_4B50, record.take(28) != nil, let count = record.integer(UInt64.self),
            let length = record.integer(UInt64.self), let directory = record.integer(UInt64.self)
        else { throw Self.brokenEnd }
        return Extent(count: count, length: length, start: directory, limit: start)
    }

    private static let brokenEnd = CheckpointFault.damaged("the end of its ZIP directory is damaged")

    // MARK: Entries

    /// The next entry of the directory and all bytes that it takes in the archive, its own header included.
    private func entry(_ cursor: inout ByteCursor, dataLimit: Int) throws -> (ZipEntry, Range<Int>) {
        let broken = CheckpointFault.damaged("its ZIP directory is damaged at byte \(cursor.position)")
        guard cursor.integer(UInt32.self) == 0x0201_4B50, cursor.take(6) != nil,
            let method = cursor.integer(UInt16.self), cursor.take(4) != nil,
            let checksum = cursor.integer(UInt32.self), let packed = cursor.integer(UInt32.self),
            let unpacked = cursor.integer(UInt32.self), let nameLength = cursor.integer(UInt16.self),
            let extraLength = cursor.integer(UInt16.self), let commentLength = cursor.integer(UInt16.self),
            cursor.take(8) != nil, let place = cursor.integer(UInt32.self),
            let nameBytes = cursor.take(Int(nameLength)), let extra = cursor.take(Int(extraLength)),
            cursor.take(Int(commentLength)) != nil
        else { throw broken }
        var sizes = [UInt64(unpacked), UInt64(packed), UInt64(place)]
        guard Self.widen(&sizes, from: Array(extra)) else { throw broken }
        let name = String(decoding: nameBytes, as: UTF8.self)
        let label = name.prefix(80)
        guard method != 0 || sizes[0] == sizes[1] else {
            throw CheckpointFault.damaged("the sizes of its entry \(label) contradict each other")
        }
        let outside = CheckpointFault.damaged("its entry \(label) lies outside the file's \(source.size) bytes")
        guard sizes[2] <= UInt64(max(0, dataLimit - 30)) else { throw outside }
        let start = Int(sizes[2])
        let headerLength = try localHeader(at: start, name: nameBytes, limit: dataLimit, outside)
        guard sizes[1] <= UInt64(dataLimit - start - headerLength) else { throw outside }
        let data = start + headerLength..<start + headerLength + Int(sizes[1])
        return (ZipEntry(name: name, data: data, checksum: checksum, method: method), start..<data.upperBound)
    }

    /// Replaces what does not fit in 32 bits by the numbers of the ZIP64 extra field; false when they are missing.
    private static func widen(_ sizes: inout [UInt64], from extra: [UInt8]) -> Bool {
        guard sizes.contains(0xFFFF_FFFF) else { return true }
        var fields = ByteCursor(extra)
        while let tag = fields.integer(UInt16.self), let length = fields.integer(UInt16.self),
            let content = fields.take(Int(length))
        {
            guard tag == 1 else { continue }
            var numbers = ByteCursor(Array(content))
            for index in sizes.indices where sizes[index] == 0xFFFF_FFFF {
                guard let wide = numbers.integer(UInt64.self) else { return false }
                sizes[index] = wide
            }
            return true
        }
        return false
    }

    /// The length of an entry's own header, which must give the same name.
    private func localHeader(
        at start: Int, name: ArraySlice<UInt8>, limit: Int, _ outside: CheckpointFault
    ) throws -> Int {
        var cursor = ByteCursor(try source.bytes(in: start..<start + 30))
        guard cursor.integer(UInt32.self) == 0x0403_4B50, cursor.take(22) != nil,
            let nameLength = cursor.integer(UInt16.self), let extraLength = cursor.integer(UInt16.self)
        else { throw CheckpointFault.damaged("its ZIP directory points to byte \(start), where no entry begins") }
        let length = 30 + Int(nameLength) + Int(extraLength)
        guard length <= limit - start else { throw outside }
        guard Int(nameLength) == name.count,
            try source.bytes(in: start + 30..<start + 30 + name.count).elementsEqual(name)
        else {
            throw CheckpointFault.damaged(
                "its entry \(String(decoding: name, as: UTF8.self).prefix(80)) has another name at its place")
        }
        return length
    }
}
