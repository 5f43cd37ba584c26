
namespace RigKafka.IntegrationTests.Nodes;

/// <summary>How an event stream ended.</summary>
internal enum StreamEnd
{
    /// <summary>As HTTP has it: with the last chunk, or without chunks with the connection.</summary>
    Clean,

    /// <summary>The connection ended before the last chunk.</summary>
    Cut,
}
