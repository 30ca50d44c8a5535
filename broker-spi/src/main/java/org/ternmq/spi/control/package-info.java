/**
 * The broker as an admin interface sees it. All types but {@link org.ternmq.spi.control.BrokerControl} are values; records may
 * gain components in a minor version, so only the broker makes them, but for {@link org.ternmq.spi.control.Principal},
 * {@link org.ternmq.spi.control.PageRequest}, {@link org.ternmq.spi.control.SessionQuery} and
 * {@link org.ternmq.spi.control.SubscriptionQuery}.
 */
@NullMarked
package org.ternmq.spi.control;

import org.jspecify.annotations.NullMarked;
