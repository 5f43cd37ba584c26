using RigKafka.Messages;

namespace RigKafka.Log;

/// <summary>The append-only, partitioned stream of messages that every node reads whole: Kafka's source topics, or the embedded log.</summary>
internal interface IMessageLog
{
    /// <summary>The names of the source topics, in the order of the settings; positions and records number them so.</summary>
    IReadOnlyList<string> SourceTopics { get; }

    /// <summary>What an operator should know of the log right now.</summary>
    LogHealth Health { get; }

    /// <summary>How many records this node has yet to read, over all partitions; 0 while unknown.</summary>
    long Lag { get; }

    /// <summary>
    /// Stores a message. Completes when the log has it (or cannot say so in time), so that the answer is a promise; never throws for a log that is unwell.
    /// </summary>
    /// <param name="message">A checked message.</param>
    /// <param name="headers">Headers that travel with it (name, value); the log does not look into them.</param>
    ValueTask<AppendOutcome> Append(Message message, IReadOnlyList<KeyValuePair<string, string>> headers);

    /// <summary>
    /// Reads every partition from where the log ends now, in one total order per node, until cancelled. One call per node.
    /// An outage does not end it: it goes on from its own place.
    /// </summary>
    Task Read(LogReader reader, CancellationToken cancellation);

    /// <summary>Completes when everything accepted so far is safe from the end of this process: read (embedded) or acknowledged (Kafka).</summary>
    Task Drain(CancellationToken cancellation);
}
