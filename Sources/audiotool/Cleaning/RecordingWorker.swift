/// Makes one recording out of another, from file to file; several threads may use it at once.
protocol RecordingWorker: Sendable {
    /// - Parameter onProgress: seconds of sound done, and in all; an error thrown there ends the work without output.
    func work(
        on job: OutputPlan.Job, onProgress: (_ done: Double, _ total: Double) throws -> Void
    ) throws -> CleaningReport.Entry
}
