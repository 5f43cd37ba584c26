
namespace RigKafka.IntegrationTests.Faults;

/// <summary>The numbers of the messages that one stream of a user saw, in order.</summary>
internal sealed record Hearing(string User, IReadOnlyList<int> Numbers);
