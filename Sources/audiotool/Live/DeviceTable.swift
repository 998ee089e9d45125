import LiveAudio

/// `--list-devices`.
enum DeviceTable {
    static func print(asJSON: Bool) throws {
        let devices = try AudioSystem().devices
        if asJSON { return try JSONOutput.print(devices) }
        guard !devices.isEmpty else { return Swift.print("There is no audio device.") }
        for device in devices {
            var marks: [String] = []
            if device.isDefaultInput { marks.append("default input") }
            if device.isDefaultOutput { marks.append("default output") }
            Swift.print(
                "\(device.index)  \(device.name)  [\(device.hostAPI)]  \(device.inputChannels) in, \(device.outputChannels) out, "
                    + "\(device.defaultSampleRate) Hz" + (marks.isEmpty ? "" : "  (\(marks.joined(separator: ", ")))"))
        }
    }
}
