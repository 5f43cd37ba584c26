using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using RigKafka.RequestLog;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Telemetry;

internal sealed class LogLevelsTests
{
    private const string Reader = "RigKafka.Kafka.KafkaReader";
    private const string Verifier = "RigKafka.Auth.TokenVerifier";
    private const string Server = LogLevels.Server;

    [TestCase("info", Reader, LogLevel.Information)]
    [TestCase("WARN", Reader, LogLevel.Warning)]
    [TestCase("info,RigKafka.Kafka=debug", Reader, LogLevel.Debug)]
    [TestCase("info,RigKafka.Kafka=debug", Verifier, LogLevel.Information)]
    [TestCase("RigKafka.Kafka=debug", Verifier, LogLevel.Information)]
    [TestCase(" rigkafka.kafka = Debug , error", Reader, LogLevel.Debug)]
    [TestCase(" rigkafka.kafka = Debug , error", Verifier, LogLevel.Error)]
    [TestCase("warn,RigKafka.Kafka=info,RigKafka.Kafka.KafkaReader=error", Reader, LogLevel.Error)]
    [TestCase("error,RigKafka=debug", Verifier, LogLevel.Debug)]
    [TestCase("info", Server, LogLevel.Warning)]
    [TestCase("error", Server, LogLevel.Error)]
    [TestCase("debug", Server, LogLevel.Debug)]
    [TestCase("debug", Server + ".Connections", LogLevel.Debug)]
    [TestCase("info,Microsoft.AspNetCore.Server.Kestrel=debug", Server + ".Connections", LogLevel.Debug)]
    [TestCase("debug,Microsoft.AspNetCore.Server.Kestrel=error", Server + ".Connections", LogLevel.Error)]
    public void Category_HasTheLevelOfTheLongestNameThatItBeginsWith(string setting, string category, LogLevel lowest) =>
        Assert.That(Lowest(setting, category), Is.EqualTo(lowest));

    [TestCase("error")]
    [TestCase("error,RigKafka.RequestLog=error")]
    [TestCase("error,RigKafka.RequestLog.RequestLogService=error")]
    [TestCase("error,RigKafka.RequestLog.RequestLogService=debug")]
    public void RequestLog_IsWrittenWhateverTheLevel(string setting) =>
        Assert.That(Lowest(setting, typeof(RequestLogService).FullName!), Is.EqualTo(LogLevel.Information));

    /// <summary>These lines of the framework may hold a token.</summary>
    [TestCase("debug", "Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)]
    [TestCase("debug", Server + ".BadRequests", LogLevel.Warning)]
    [TestCase("info,Microsoft.AspNetCore.Server.Kestrel=debug", Server + ".BadRequests", LogLevel.Warning)]
    [TestCase("info,Microsoft.AspNetCore.Server.Kestrel.BadRequests=debug", Server + ".BadRequests", LogLevel.Warning)]
    public void LineOfARequest_IsNeverWritten(string setting, string category, LogLevel lowest) =>
        Assert.That(Lowest(setting, category), Is.EqualTo(lowest));

    [TestCase("info", Verifier, LogLevel.Warning)]
    [TestCase("error", Verifier, LogLevel.Warning)]
    [TestCase("debug,RigKafka.Auth=error", Verifier, LogLevel.Warning)]
    [TestCase("debug", Server + ".BadRequests", LogLevel.Warning)]
    [TestCase("debug", "Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)]
    [TestCase("debug", "Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService", LogLevel.None)]
    [TestCase("debug", "Yarp.ReverseProxy.Forwarder.HttpForwarder", LogLevel.None)]
    public void OperatorsPage_KeepsWarningsWhateverTheLevel_ButNoLineOfARequest(string setting, string category, LogLevel lowest) =>
        Assert.That(Lowest(setting, category, provider => provider is RecentWarnings), Is.EqualTo(lowest));

    [TestCase("", "LOG_LEVEL=: expected one of debug, info, warn, error.")]
    [TestCase("loud", "LOG_LEVEL=loud: expected one of debug, info, warn, error.")]
    [TestCase("info,debug", "LOG_LEVEL=debug: expected one level for all categories, and there is another.")]
    [TestCase("info,RigKafka.Kafka=loud", "LOG_LEVEL=RigKafka.Kafka=loud: expected one of debug, info, warn, error after the =.")]
    [TestCase("info,RigKafka.Kafka=", "LOG_LEVEL=RigKafka.Kafka=: expected one of debug, info, warn, error after the =.")]
    [TestCase("RigKafka.Kafka=info,rigkafka.kafka=debug", "LOG_LEVEL=rigkafka.kafka=debug: expected each category once.")]
    [TestCase("info,RigKafka.Kafk=debug", "LOG_LEVEL=RigKafka.Kafk=debug: expected a category as in the lines of the log before the =, such as RigKafka.Kafka or RigKafka.Kafka.KafkaReader, or Microsoft.AspNetCore.Server.Kestrel.")]
    [TestCase("info,=debug", "LOG_LEVEL==debug: expected a category")]
    [TestCase("info,Microsoft.AspNetCore=debug", "LOG_LEVEL=Microsoft.AspNetCore=debug: expected a category")]
    [TestCase("info,Microsoft.AspNetCore.Hosting.Diagnostics=info", "LOG_LEVEL=Microsoft.AspNetCore.Hosting.Diagnostics=info: expected a category")]
    public void Mistake_IsOneLine_ThatNamesTheWrongPart(string setting, string start)
    {
        var mistakes = TestSettings.Of(new Dictionary<string, string> { ["LOG_LEVEL"] = setting }).Mistakes;
        Assert.That(mistakes, Has.Count.EqualTo(1));
        Assert.That(mistakes[0], Does.StartWith(start).And.EndWith("."));
    }

    /// <summary>The lowest level at which a category is written on the console, by a node with this setting.</summary>
    private static LogLevel Lowest(string setting, string category) => Lowest(setting, category, provider => provider is not RecentWarnings);

    /// <param name="setting">What <c>LOG_LEVEL</c> is.</param>
    /// <param name="category">The category.</param>
    /// <param name="counts">Who of those who get the lines is meant.</param>
    private static LogLevel Lowest(string setting, string category, Predicate<ILoggerProvider> counts)
    {
        var builder = Program.CreateBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create("LOG_LEVEL", (string?)setting)]);
        Assert.That(Program.AddFeatures(builder).Mistakes, Is.Empty);
        using var services = builder.Services.BuildServiceProvider();
        var providers = services.GetServices<ILoggerProvider>().Where(provider => counts(provider)).ToList();
        Assert.That(providers, Is.Not.Empty);
        using var factory = new LoggerFactory(providers, services.GetRequiredService<IOptionsMonitor<LoggerFilterOptions>>());
        var logger = factory.CreateLogger(category);
        return Enum.GetValues<LogLevel>().FirstOrDefault(level => level != LogLevel.None && logger.IsEnabled(level), LogLevel.None);
    }
}
