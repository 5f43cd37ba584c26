namespace RigKafka.IntegrationTests.Nodes;

/// <summary>A <c>gap</c> event.</summary>
/// <param name="After">After how many messages its client was told.</param>
/// <param name="Reason">Its reason.</param>
internal sealed record HeardGap(int After, string Reason);
