namespace RigKafka.IntegrationTests.Nodes;

/// <summary>A <c>gap</c> event.</summary>
/// <param name="After">After how many messages its client was told.</param>
/// <param name="Reason">Its reason.</param>
/// <param name="Id">From where it goes on.</param>
internal sealed record HeardGap(int After, string Reason, string Id);
