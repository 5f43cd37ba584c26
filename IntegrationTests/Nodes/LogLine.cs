using Microsoft.Extensions.Logging;

namespace RigKafka.IntegrationTests.Nodes;

internal sealed record LogLine(LogLevel Level, string EventName, string Text);
