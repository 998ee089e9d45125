extension TorchCheckpoint {
    /// Writes a file that `torch.load` reads: tensors as float32, everything else as it is. The file appears whole or
    /// not at all.
    /// - Throws: `CheckpointError.notWritten` when the folder or the disk takes no more, and beyond 4 GiB.
    public static func write(_ value: TorchValue, to path: String) throws {
        let pickle = PickleWriter(value)
        var zip = try ZipWriter(path: path)
        try zip.add("archive/data.pkl", pickle.bytes)
        try zip.add("archive/byteorder", Array("little".utf8))
        for (index, tensor) in pickle.tensors.enumerated() {
            try tensor.withUnsafeBuffer { try zip.add("archive/data/\(index)", UnsafeRawBufferPointer($0)) }
        }
        try zip.add("archive/version", Array("3\n".utf8))
        try zip.finish()
    }
}
